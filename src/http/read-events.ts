/** The `data` of each server-sent event of a stream, in order; comments and other fields are passed over. */
export async function* readEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = ''
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + piece).split('\n\n')
    // What has no blank line behind it is not whole yet; if the stream ends there, it never was.
    rest = events.pop() ?? ''
    for (const event of events) {
      const data = dataOf(event)
      if (data !== undefined) yield data
    }
  }
}

function dataOf(event: string): string | undefined {
  const lines = event.split('\n').filter((line) => line.startsWith('data: '))
  return lines.length === 0 ? undefined : lines.map((line) => line.slice(6)).join('\n')
}
