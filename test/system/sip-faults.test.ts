import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createSipProbe } from '../../src/adapters/sip/index.ts'
import { openRedirect, type RedirectCounts } from '../../src/app/redirect.ts'
import { socketTransports } from '../../src/app/transports.ts'
import { createRandom } from '../../src/kernel/random.ts'
import { ms } from '../../src/kernel/units.ts'
import { createSipEndpoint } from '../../src/lab/network/sip-endpoint.ts'
import { openTcpTransport } from '../../src/protocols/sip/transport-tcp.ts'
import { until } from '../support/real-process.ts'
import { wireClock } from './sip/sipp.ts'

const host = '127.0.0.1'
const running: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
})

/** A gateway over TCP that gives a message a fifth of a second to arrive whole. */
async function hurriedGateway() {
  const transport = await openTcpTransport({ host, messageTimeout: ms(200) })
  const side = createSipEndpoint({
    transport,
    wireClock,
    server: 'gateway',
    onInvite: async () => ({ kind: 'answer' }),
    onOptions: () => ({ kind: 'ok' }),
  })
  running.push(side.close)
  return side.local
}

const options = [
  `OPTIONS sip:a@${host} SIP/2.0`,
  `Via: SIP/2.0/TCP ${host}:9;branch=z9hG4bKslow;rport`,
  'Max-Forwards: 70',
  `From: <sip:a@${host}>;tag=1`,
  `To: <sip:b@${host}>`,
  'Call-ID: slow',
  'CSeq: 1 OPTIONS',
  'Content-Length: 0',
  '',
  '',
].join('\r\n')

async function connected(port: number): Promise<Socket> {
  const socket = createConnection(port, host)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** What a server does with each connection. */
async function server(meet: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const listening: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    meet(socket)
  })
  listening.listen(0, host)
  await once(listening, 'listening')
  running.push(async () => {
    for (const socket of sockets) socket.destroy()
    listening.close()
    await once(listening, 'close')
  })
  const address = listening.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { host, port, transport: 'tcp' } as const
}

const never = () => new AbortController().signal
const probe = createSipProbe({
  openTransport: socketTransports().openSip,
  wireClock,
  random: createRandom(3),
  timeout: ms(700),
})

describe('a sender over TCP', { timeout: 20_000 }, () => {
  it('that is slow is waited for while its message still comes in time', async () => {
    const socket = await connected((await hurriedGateway()).port)
    const answer = once(socket, 'data')
    for (let at = 0; at < options.length; at += 40) {
      socket.write(options.slice(at, at + 40))
      await wireClock.sleep(ms(5))
    }

    expect(String(await answer)).toMatch(/^SIP\/2\.0 200/)
    socket.destroy()
  })

  it('that never ends its message loses its connection, however many bytes still come', async () => {
    const { port } = await hurriedGateway()
    const slow = await connected(port)
    // It may be reset: `once` would take that for a failure.
    const closed = new Promise((resolve) => slow.once('close', resolve))
    const dripping = setInterval(() => slow.write('X'), 20)
    slow.write(options.slice(0, 100))

    await closed
    clearInterval(dripping)
    const other = await connected(port)
    const answer = once(other, 'data')
    other.write(options)

    expect(String(await answer)).toMatch(/^SIP\/2\.0 200/)
    other.destroy()
  })

  it('that is cut off in mid-message is forgotten', async () => {
    const { port } = await hurriedGateway()
    const cut = await connected(port)
    cut.write(options.slice(0, 150))
    cut.resetAndDestroy()
    const other = await connected(port)
    const answer = once(other, 'data')
    other.write(options)

    expect(String(await answer)).toMatch(/^SIP\/2\.0 200/)
    other.destroy()
  })
})

describe('a gateway over TCP', { timeout: 20_000 }, () => {
  it('that takes the connection and says nothing is down by our own timer', async () => {
    const target = await server(() => undefined)

    expect(await probe.options(target, never())).toEqual({
      kind: 'silent',
      because: 'no answer within 700 ms',
    })
  })

  it('that resets the connection is down before our timer', async () => {
    const target = await server((socket) => socket.once('data', () => socket.resetAndDestroy()))

    // The timer has no code: this came before it.
    expect(await probe.options(target, never())).toMatchObject({
      kind: 'silent',
      code: 'sip.transport-failed',
    })
  })

  it('that answers with what is no SIP is down', async () => {
    const target = await server((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))

    expect(await probe.options(target, never())).toMatchObject({ kind: 'silent' })
  })
})

describe('a redirect server', { timeout: 30_000 }, () => {
  it('stays up under 10,000 OPTIONS at once from one peer, and answers the others', async () => {
    const redirect = await openRedirect({
      listen: [{ host, port: 0, transport: 'udp' }],
      decide: () => ({ kind: 'redirect', contacts: [`sip:${host}`] }),
      isAllowed: () => true,
      rate: { perSecond: 100, burst: 100 },
    })
    running.push(redirect.close)
    const port = redirect.local[0]?.port ?? 0
    const flood = createSocket('udp4').bind(0, host)
    await once(flood, 'listening')
    running.push(async () => flood.close())
    const message = Buffer.from(options.replace('/TCP', '/UDP'))

    await Promise.all(
      Array.from(
        { length: 10_000 },
        () => new Promise((sent) => flood.send(message, port, host, sent)),
      ),
    )
    await until('the flood is over', async () => {
      const before = sum(redirect.counts())
      await wireClock.sleep(ms(200))
      return sum(redirect.counts()) === before
    })
    const counts = redirect.counts()
    const other = createSocket('udp4').bind(0, '127.0.0.2')
    await once(other, 'listening')
    running.push(async () => other.close())
    const answer = once(other, 'message')
    other.send(message, port, host)

    // Loopback may lose what its buffer can't hold; what came is counted once.
    expect(sum(counts)).toBeGreaterThan(100)
    expect(counts.options).toBeLessThan(1000)
    expect(String((await answer)[0])).toMatch(/^SIP\/2\.0 200/)
  })
})

function sum(counts: Readonly<RedirectCounts>): number {
  return Object.values<number>({ ...counts }).reduce((total, count) => total + count, 0)
}

describe('an answer that can’t be used', { timeout: 20_000 }, () => {
  it('is lost, and this process is not: a Record-Route that leads nowhere', async () => {
    const far = createSocket('udp4').bind(0, host)
    await once(far, 'listening')
    running.push(async () => {
      far.close()
    })
    far.on('message', (bytes, { port }) => {
      const request = bytes.toString('latin1')
      if (!request.startsWith('INVITE')) return
      const kept = request
        .split('\r\n')
        .filter((line) => /^(?:Via|From|To|Call-ID|CSeq):/.test(line))
      const ok = ['SIP/2.0 200 OK', ...kept, 'Record-Route: *', `Contact: <sip:b@${host}>`]
      far.send(
        [...ok, 'Content-Length: 0', '', ''].join('\r\n').replace(/^(To:.*)$/m, '$1;tag=t'),
        port,
        host,
      )
    })
    const target = { host, port: far.address().port, transport: 'udp' } as const

    const request = { target, number: '1', caller: '2', nonce: 'n', patience: ms(600) }
    expect(await probe.call(request, never())).toMatchObject({ kind: 'silent' })
  })
})
