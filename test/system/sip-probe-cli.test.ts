import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createSipEndpoint, type OptionsDecision } from '../../src/lab/network/sip-endpoint.ts'
import type { SipTransport } from '../../src/protocols/sip/transport.ts'
import { openTcpTransport } from '../../src/protocols/sip/transport-tcp.ts'
import { openTlsTransport } from '../../src/protocols/sip/transport-tls.ts'
import { openUdpTransport } from '../../src/protocols/sip/transport-udp.ts'
import { createAuthority } from '../support/certificates.ts'
import { commandLine } from '../support/command-line.ts'
import { freePort } from '../support/ports.ts'
import { missingPrograms, until } from '../support/real-process.ts'
import { startGateway, wireClock } from './sip/sipp.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-probe-'))
const changeover = commandLine(join(folder, 'data'))
const running: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const host = '127.0.0.1'
const quick = ['--count', '3', '--interval', '20ms'] as const

function gateway(transport: SipTransport, decide: (nth: number) => OptionsDecision): string {
  let asked = 0
  const side = createSipEndpoint({
    transport,
    wireClock,
    server: 'Gateway/1',
    onInvite: async () => ({ kind: 'answer' }),
    onOptions: () => {
      asked += 1
      return decide(asked)
    },
  })
  running.push(side.close)
  const { port, transport: kind } = side.local
  return `sip:${host}:${port};transport=${kind}`
}
const ok = (): OptionsDecision => ({ kind: 'ok' })

describe('changeover sip probe', { timeout: 30_000 }, () => {
  it.each([
    ['UDP', openUdpTransport],
    ['TCP', openTcpTransport],
  ])('W1.4 says 0 of a gateway that is up over %s, with its round trips', async (_kind, open) => {
    const uri = gateway(await open({ host }), ok)

    const { exit, said } = await changeover('sip', 'probe', uri, ...quick)

    expect(said).toMatch(
      / ✔ \d\d:\d\d:\d\dZ {2}(?:udp|tcp) 127\.0\.0\.1:\d+ {2}200 OK {2}[\d.]+ ms {2}Gateway\/1/,
    )
    expect(said).toMatch(/up\s+3 of 3\s+[\d.]+ ms/)
    expect(said).toContain('is up')
    expect(exit).toBe(0)
  })

  it('G3.1 says 1 after three failures, 3 while two may still be chance', async () => {
    const uri = gateway(await openUdpTransport({ host }), () => ({ kind: 'reject', status: 503 }))

    const down = await changeover('sip', 'probe', uri, ...quick)
    const early = await changeover('sip', 'probe', uri, '--count', '2', '--interval', '20ms')

    expect(down.said).toMatch(/is down: 503/)
    expect([down.exit, early.exit]).toEqual([1, 3])
  })

  it('F1.1 says down of silence by its own timer, and takes a 404 that is this gateway’s way', async () => {
    const silent = gateway(await openUdpTransport({ host }), () => ({ kind: 'silence' }))
    const odd = gateway(await openUdpTransport({ host }), () => ({ kind: 'reject', status: 404 }))

    const quiet = await changeover('sip', 'probe', silent, ...quick, '--timeout', '200ms')
    const alive = await changeover('sip', 'probe', odd, ...quick, '--alive', '2xx', '404')

    expect(quiet.said).toContain('is down: no answer within 200 ms')
    expect([quiet.exit, alive.exit]).toEqual([1, 0])
  })

  it('H1.2 names a gateway that flaps', async () => {
    const comes = [1, 2, 4, 5, 7, 8]
    const uri = gateway(await openUdpTransport({ host }), (nth) =>
      comes.includes(nth) ? { kind: 'ok' } : { kind: 'reject', status: 503 },
    )

    const { exit, said } = await changeover(
      'sip',
      'probe',
      uri,
      '--count',
      '8',
      '--interval',
      '20ms',
    )

    expect(said).toContain('up, flapping')
    expect(exit).toBe(3)
  })

  it('H1.2 says 1 where the far side sees us under another address than the registered one', async () => {
    const uri = gateway(await openUdpTransport({ host }), ok)

    const stray = await changeover('sip', 'probe', uri, ...quick, '--egress', '203.0.113.9')
    const right = await changeover('sip', 'probe', uri, ...quick, '--egress', host)

    expect(stray.said).toContain('the far side sees us as 127.0.0.1, not as 203.0.113.9')
    expect([stray.exit, right.exit]).toEqual([1, 0])
  })

  it('B1.1 speaks TLS with the authority and the name it is given; without them it says why not', async () => {
    const authority = await createAuthority()
    const shown = await authority.issue(['gateway.example'])
    const ca = join(folder, 'ca.pem')
    writeFileSync(ca, authority.pem)
    const uri = gateway(await openTlsTransport({ host, ...shown }), ok)

    const trusted = await changeover(
      'sip',
      'probe',
      uri,
      ...quick,
      '--ca',
      ca,
      '--server-name',
      'gateway.example',
    )
    const stranger = await changeover('sip', 'probe', uri, ...quick)

    expect([trusted.exit, stranger.exit]).toEqual([0, 1])
    expect(stranger.said).toContain('sip.certificate-untrusted')
  })

  it('prints all of it as JSON', async () => {
    const uri = gateway(await openUdpTransport({ host }), ok)

    const { answered } = await changeover('sip', 'probe', uri, ...quick, '--json')

    expect(JSON.parse(answered)).toMatchObject({
      exit: 0,
      strayAddresses: [],
      targets: [
        {
          uri,
          health: 'up',
          flapping: false,
          sent: 3,
          answered: 3,
          roundTrips: { histogram: expect.any(Array) },
          checks: [{ level: 'up' }, { level: 'up' }, { level: 'up' }],
        },
      ],
    })
  })

  it('shows what is said to a capture server, and does not mind one that is down', async () => {
    const homer = createSocket('udp4').bind(0, host)
    await once(homer, 'listening')
    running.push(async () => {
      homer.close()
    })
    const shown: string[] = []
    homer.on('message', (packet) => shown.push(packet.toString('latin1')))
    const uri = gateway(await openUdpTransport({ host }), ok)
    const hep = (port: number) => ['sip', 'probe', uri, ...quick, '--hep', `${host}:${port}`]

    const { exit } = await changeover(...hep(homer.address().port))
    await until('all is shown', async () => shown.length >= 6)
    const down = await changeover(...hep(await freePort()))

    expect([exit, down.exit]).toEqual([0, 0])
    expect(shown.map((packet) => /^HEP3.*?(OPTIONS|SIP\/2\.0 200) /s.exec(packet)?.[1])).toEqual(
      Array.from({ length: 3 }, () => ['OPTIONS', 'SIP/2.0 200']).flat(),
    )
  })

  it.each([
    [['x', '--hep', 'homer'], 'host:port expected'],
    [['x', '--egress', 'gw.example'], 'is no IP address'],
    [['sip:@x'], 'is no SIP URI'],
    [['x', '--interval', '3'], 'is no duration'],
    [['x', '--count', 'many'], 'is no whole number'],
    [['x', '--alive', 'ok'], 'is no status'],
    [['x', '--cert', 'a.pem'], '--cert and --key go together'],
    [['x', '--ca', '/nowhere.pem'], "can't be read"],
    [['nowhere.invalid'], 'sip.name-unknown'],
  ])('says 2 of %j', async (args, problem) => {
    const { exit, said } = await changeover('sip', 'probe', ...args)

    expect(said).toContain(problem)
    expect(exit).toBe(2)
  })

  it.runIf(missingPrograms(['sipp']).length === 0)('is answered by SIPp', async () => {
    const sipp = await startGateway('udp', 'gateway-options', 3)

    const { exit, said } = await changeover('sip', 'probe', `${host}:${sipp.port}`, ...quick)

    expect(said).toContain('SIPp gateway')
    expect([exit, await sipp.exit]).toEqual([0, 0])
  })
})
