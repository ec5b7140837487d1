import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { WireClock } from '../../kernel/clock.ts'
import { epochMs, ms } from '../../kernel/units.ts'
import { askServer } from './client.ts'
import { DnsExchangeError } from './errors.ts'
import { decodeMessage, dnsQuery, dnsResponse, encodeMessage } from './message.ts'
import { createSocketDnsTransport } from './transport-socket.ts'

const transport = createSocketDnsTransport()
const query = dnsQuery(4711, 'a.example', 1, { recursionDesired: false })
const answer = dnsResponse(query, {})
const never = new AbortController().signal
const options = { protocol: 'udp', timeout: ms(400), signal: never } as const
const wireClock: WireClock = {
  kind: 'wire',
  now: () => epochMs(Date.now()),
  sleep: () => Promise.resolve(),
}
const open: Socket[] = []

/** A UDP server that sends each of `datagrams`, in order, to whoever asks. */
async function serverThatSends(datagrams: (asked: number) => readonly Uint8Array[]) {
  const socket = createSocket('udp4')
  open.push(socket)
  let asked = 0
  socket.on('message', (_message, from) => {
    asked += 1
    for (const datagram of datagrams(asked)) socket.send(datagram, from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { host: '127.0.0.1', port: socket.address().port }
}

afterEach(() => {
  for (const socket of open.splice(0)) socket.close()
})

describe('DNS over sockets', () => {
  it('passes over what is not the answer: other id, other question, noise (RFC 5452)', async () => {
    const other = dnsQuery(4711, 'b.example', 1, { recursionDesired: false })
    const server = await serverThatSends(() => [
      encodeMessage({ ...answer, id: 4712 }),
      encodeMessage(dnsResponse(other, {})),
      encodeMessage(query),
      Uint8Array.from([1, 2, 3]),
      encodeMessage({ ...answer, flags: { ...answer.flags, authoritative: true } }),
    ])

    const bytes = await transport.exchange(server, encodeMessage(query), options)

    expect(decodeMessage(bytes).flags.authoritative).toBe(true)
  })

  it('gives up after the timeout', async () => {
    const server = await serverThatSends(() => [])
    const started = Date.now()

    const exchange = transport.exchange(server, encodeMessage(query), options)

    await expect(exchange).rejects.toBeInstanceOf(DnsExchangeError)
    expect(Date.now() - started).toBeGreaterThanOrEqual(390)
  })

  it('asks again when a datagram is lost', async () => {
    const server = await serverThatSends((asked) => (asked < 2 ? [] : [encodeMessage(answer)]))
    const deadline = epochMs(Date.now() + 4000)

    const bytes = await askServer({ transport, wireClock }, server, encodeMessage(query), {
      deadline,
      signal: never,
    })

    expect(decodeMessage(bytes)).toEqual(answer)
  })

  it('draws a source port for each question', async () => {
    const ports = new Set<number>()
    const server = await serverThatSends(() => [encodeMessage(answer)])
    open[0]?.on('message', (_message, from) => ports.add(from.port))

    for (let round = 0; round < 5; round += 1) {
      await transport.exchange(server, encodeMessage(query), options)
    }

    expect(ports.size).toBeGreaterThan(1)
  })

  it('puts an answer together that comes in pieces over TCP, and notices a cut connection', async () => {
    const bytes = encodeMessage(answer)
    const whole = Buffer.concat([Buffer.from([0, bytes.length]), bytes])
    let cutShort = false
    const server = createServer((socket) => {
      socket.setNoDelay(true)
      socket.once('data', () => {
        socket.write(whole.subarray(0, 1))
        setTimeout(() => socket.end(cutShort ? whole.subarray(1, 9) : whole.subarray(1)), 30)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const tcp = { ...options, protocol: 'tcp' } as const
    const ask = () => transport.exchange({ host: '127.0.0.1', port }, encodeMessage(query), tcp)

    const received = await ask()
    cutShort = true
    const failed = ask()
    await expect(failed).rejects.toBeInstanceOf(DnsExchangeError)
    server.close()
    await once(server, 'close')

    expect(Buffer.from(received)).toEqual(Buffer.from(bytes))
    await expect(ask()).rejects.toThrow("can't be reached")
  })

  it('ends at once when it is called off', async () => {
    const server = await serverThatSends(() => [])
    const stop = new AbortController()

    const exchange = transport.exchange(server, encodeMessage(query), {
      ...options,
      signal: stop.signal,
    })
    stop.abort(new Error('called off'))

    await expect(exchange).rejects.toThrow('called off')
  })
})
