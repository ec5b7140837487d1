import { once } from 'node:events'
import { PassThrough, type Readable } from 'node:stream'
import type { RunNews } from './contract/journal.ts'

/** Proxies and clients give up connections on which nothing is said; a comment says nothing, often enough. */
const heartbeatMs = 15_000
/** Asked of browsers: how soon to connect again. */
const connectAgainMs = 1000

/**
 * Server-sent events: one per entry, its number as the id, so that whoever lost the connection goes on after it.
 *
 * `over` is called when nobody reads any more; the news end by it.
 */
export function eventStream(news: AsyncIterable<RunNews>, over: () => void): Readable {
  const stream = new PassThrough()
  stream.write(`retry: ${connectAgainMs}\n\n`)
  const heart = setInterval(() => stream.write(': still here\n\n'), heartbeatMs)
  stream.once('close', () => {
    clearInterval(heart)
    over()
  })
  void pour(news, stream)
  return stream
}

async function pour(news: AsyncIterable<RunNews>, stream: PassThrough): Promise<void> {
  try {
    for await (const piece of news) {
      if (stream.destroyed) return
      const isTaken = stream.write(eventOf(piece))
      // A slow reader is waited for, not buffered for: it reads from the journal, nothing is lost.
      if (!isTaken) await Promise.race([once(stream, 'drain'), once(stream, 'close')])
    }
    stream.end()
  } catch (thrown) {
    stream.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)))
  }
}

export function eventOf(news: RunNews): string {
  return `id: ${news.entry.seq}\nevent: entry\ndata: ${JSON.stringify(news)}\n\n`
}
