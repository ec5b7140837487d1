import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ms } from '../../src/kernel/units.ts'
import { createSipEndpoint } from '../../src/lab/network/sip-endpoint.ts'
import { openTcpTransport } from '../../src/protocols/sip/transport-tcp.ts'
import { localHostTowards, openUdpTransport } from '../../src/protocols/sip/transport-udp.ts'
import type { Kind } from '../support/ports.ts'
import { wireClock } from './sip/sipp.ts'

const running: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
})

async function endpoint(kind: Kind, server: string) {
  const answered: string[] = []
  const open = kind === 'udp' ? openUdpTransport : openTcpTransport
  const side = createSipEndpoint({
    transport: await open({ host: '127.0.0.1' }),
    wireClock,
    server,
    onInvite: async ({ callId }) => {
      answered.push(callId)
      return { kind: 'answer' }
    },
    onOptions: () => ({ kind: 'ok' }),
  })
  running.push(side.close)
  return { side, answered }
}

const badRequest = [
  'OPTIONS sip:a@127.0.0.1 SIP/2.0',
  'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKbad;rport',
  'From: <sip:a@127.0.0.1>;tag=1',
  'To: <sip:b@127.0.0.1>',
  'Call-ID: bad',
  'CSeq: 1 INVITE',
  'Content-Length: 0',
  '',
  '',
].join('\r\n')

describe.each(['udp', 'tcp'] as const)(
  'lab endpoints over %s sockets',
  { timeout: 30_000 },
  (kind) => {
    const sample = { number: '+1', caller: '+2', patience: ms(5000) }

    it('speak thirty calls at once', async () => {
      const caller = await endpoint(kind, 'caller')
      const callee = await endpoint(kind, 'callee')
      const target = callee.side.local

      const ends = await Promise.all(
        Array.from({ length: 30 }, () =>
          caller.side.placeCall({ ...sample, target, hangUpAfter: ms(50) }),
        ),
      )

      expect(ends.map(({ kind: end }) => end)).toEqual(ends.map(() => 'completed'))
      expect(new Set(callee.answered).size).toBe(30)
      expect(callee.side.calls()).toBe(0)
    })

    it('are hung up by the callee', async () => {
      const caller = await endpoint(kind, 'caller')
      const callee = await endpoint(kind, 'callee')
      const target = callee.side.local

      const calling = caller.side.placeCall({ ...sample, target, hangUpAfter: ms(20_000) })
      while (callee.answered.length === 0) await wireClock.sleep(ms(20))
      await wireClock.sleep(ms(200))
      await callee.side.hangUp(callee.answered[0] ?? '')

      expect(await calling).toMatchObject({
        kind: 'completed',
        hungUpBy: 'callee',
        server: 'callee',
      })
    })
  },
)

describe('what is no SIP', { timeout: 10_000 }, () => {
  it('is dropped over UDP; a request with a wrong header is answered 400', async () => {
    const { side } = await endpoint('udp', 'gateway')
    const socket = createSocket('udp4')
    running.push(async () => {
      socket.close()
    })

    socket.send('\0\0garbage', side.local.port, '127.0.0.1')
    socket.send(badRequest, side.local.port, '127.0.0.1')
    const [answer] = await once(socket, 'message')

    expect(String(answer)).toMatch(/^SIP\/2\.0 400 Bad Request\r\n/)
  })

  it('ends a TCP connection; others go on', async () => {
    const { side } = await endpoint('tcp', 'gateway')
    const bad = createConnection(side.local.port, '127.0.0.1')
    bad.on('error', () => undefined)

    bad.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(bad, 'close')
    const good = createConnection(side.local.port, '127.0.0.1')
    good.write(badRequest)
    const [answer] = await once(good, 'data')
    good.destroy()

    expect(String(answer)).toMatch(/^SIP\/2\.0 400/)
  })

  it('finds our own address towards a gateway without sending', async () => {
    const target = { host: '127.0.0.1', port: 9, transport: 'udp' } as const

    expect(await localHostTowards(target)).toBe('127.0.0.1')
  })
})
