import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createHttpClient, createUndiciTransport } from '../../src/adapters/http-client/index.ts'
import type { WireClock } from '../../src/kernel/clock.ts'
import { epochMs, ms } from '../../src/kernel/units.ts'
import { type HttpSocketServer, serveHttp } from '../../src/lab/network/http-socket.ts'
import type { HttpRequest } from '../../src/protocols/http/transport.ts'

const wireClock: WireClock = {
  kind: 'wire',
  now: () => epochMs(Date.now()),
  sleep: (duration, signal) => sleep(duration, undefined, signal ? { signal } : {}),
}
const transport = createUndiciTransport()
const asked: HttpRequest[] = []
let server: HttpSocketServer

beforeAll(async () => {
  server = await serveHttp(async (request) => {
    asked.push(request)
    const { pathname } = new URL(request.url, server.url)
    if (pathname === '/slow') await sleep(1000)
    if (pathname === '/moved') return { status: 307, headers: { location: '/here' }, body: '' }
    if (pathname === '/broken') return { status: 0, headers: {}, body: '' }
    if (pathname === '/endless')
      return { status: 200, headers: {}, body: `"${'x'.repeat(17 * 1024 * 1024)}"` }
    return { status: 200, headers: { 'x-seen': 'yes' }, body: '{"name":"Zürich"}' }
  })
})
afterAll(async () => {
  await server.close()
  await transport.close()
})

function read(path: string, signal = new AbortController().signal, baseUrl = server.url) {
  const http = createHttpClient({ transport, wireClock, baseUrl, timeout: ms(300) })
  return http.read({ path }, z.object({ name: z.string() }), signal)
}

describe('HTTP over sockets', () => {
  it('carries a request and its answer', async () => {
    expect(await read('/here')).toEqual({ name: 'Zürich' })
    expect(asked.at(-1)).toMatchObject({ method: 'GET', headers: { accept: 'application/json' } })
  })

  it('gives up at the timeout, not later', async () => {
    const began = Date.now()

    await expect(read('/slow')).rejects.toMatchObject({ code: 'platform.unreachable' })
    expect(Date.now() - began).toBeLessThan(900)
  })

  it('ends with the reason of an abort', async () => {
    const stopping = new AbortController()
    const reason = new Error('paused')
    setTimeout(() => stopping.abort(reason), 50)

    await expect(read('/slow', stopping.signal)).rejects.toBe(reason)
  })

  it('follows no redirect: a write must not move to another host', async () => {
    await expect(read('/moved')).rejects.toMatchObject({
      code: 'platform.unexpected-answer',
      details: { status: 307 },
    })
    expect(asked.at(-1)?.url).toContain('/moved')
  })

  it.each(['/broken', '/endless'])('%s is unreachable', async (path) => {
    await expect(read(path)).rejects.toMatchObject({ code: 'platform.unreachable' })
  })

  it('says whom it did not reach', async () => {
    const gone = await serveHttp(() => Promise.resolve({ status: 200, headers: {}, body: '' }))
    await gone.close()

    const reading = read('/', undefined, gone.url)

    await expect(reading).rejects.toMatchObject({ code: 'platform.unreachable' })
    await expect(reading).rejects.toThrow(new URL(gone.url).host)
  })
})
