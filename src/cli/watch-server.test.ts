import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { publishServerFile } from '../app/server-file.ts'
import { createDeskClient } from '../http/desk-client.ts'
import { ServerUnreachableError } from '../http/errors.ts'
import type { ServerUp } from './open-desk.ts'
import { watchAtServer } from './watch-server.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** Ctrl-C as soon as the stream of the server has ended and something was said of that. */
async function watchedUntilAway(dataDirectory: string): Promise<readonly string[]> {
  const ctrlC = new AbortController()
  const said: string[] = []
  const printer = {
    line: (text = '') => void said.push(text.trim()),
    problem(text: string) {
      said.push(text)
      ctrlC.abort()
    },
    color: false,
    width: 120,
  }
  const desk = createDeskClient({ url: 'http://127.0.0.1:1', token: 'token' })
  const gone = { ...desk, follow: () => failing() }
  const server: ServerUp = { kind: 'up', url: 'http://127.0.0.1:1', version: '0', desk: gone }
  const shell = { printer, environment: {}, dataDirectory, interrupted: ctrlC.signal }
  await watchAtServer(shell, server, 'dallas-1')
  return said
}

function failing(): AsyncIterable<never> {
  const failure = Promise.reject(new ServerUnreachableError('the server is gone'))
  failure.catch(() => undefined)
  return { [Symbol.asyncIterator]: () => ({ next: () => failure }) }
}

const newDirectory = () => mkdtempSync(join(tmpdir(), 'changeover-watch-'))

describe('Ctrl-C in a run that watches a server', () => {
  it('does not say that a server goes on when none is there', async () => {
    const said = await watchedUntilAway(newDirectory())

    expect(said).toEqual([
      expect.stringContaining('the server is gone; nobody goes on with dallas-1'),
      expect.stringContaining('nobody has dallas-1: no server is up'),
    ])
  })

  it('does not say that a frozen server is gone: it may go on', async () => {
    const dataDirectory = newDirectory()
    // It takes connections, and never answers.
    const frozen = createServer()
    await new Promise<void>((listening) => frozen.listen(0, '127.0.0.1', listening))
    closing.push(() => frozen.close())
    const address = frozen.address()
    const port = typeof address === 'object' ? address?.port : undefined
    await publishServerFile(dataDirectory, {
      ...{ url: `http://127.0.0.1:${port}`, pid: process.pid, token: 'token' },
      ...{ version: '0', startedAt: 0 },
    })

    const said = await watchedUntilAway(dataDirectory)

    expect(said).toEqual([
      expect.stringContaining('does not answer; it may be going on with dallas-1 all the same'),
      expect.stringContaining('dallas-1 is left to a server that does not answer'),
    ])
  })
})
