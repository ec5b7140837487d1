import { afterEach, describe, expect, it } from 'vitest'
import { createSipProbe } from '../../src/adapters/sip/index.ts'
import { createRandom } from '../../src/kernel/random.ts'
import { ms } from '../../src/kernel/units.ts'
import {
  createSipEndpoint,
  type InviteDecision,
  type SipInvite,
} from '../../src/lab/network/sip-endpoint.ts'
import { openTcpTransport } from '../../src/protocols/sip/transport-tcp.ts'
import { openUdpTransport } from '../../src/protocols/sip/transport-udp.ts'
import { freePort, type Kind } from '../support/ports.ts'
import { missingPrograms } from '../support/real-process.ts'
import { type Sipp, startCaller, startGateway, wireClock } from './sip/sipp.ts'

const open = (kind: Kind) =>
  (kind === 'udp' ? openUdpTransport : openTcpTransport)({ host: '127.0.0.1' })
const signal = new AbortController().signal
const running: (() => unknown)[] = []

afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
})

async function gateway(kind: Kind, scenario: string): Promise<Sipp> {
  const sipp = await startGateway(kind, scenario)
  running.push(sipp.stop)
  return sipp
}

function probe(answerTimeout = 5000) {
  return createSipProbe({
    openTransport: ({ transport }) => open(transport === 'udp' ? 'udp' : 'tcp'),
    wireClock,
    random: createRandom(Math.floor(performance.now())),
    timeout: ms(2000),
    answerTimeout: ms(answerTimeout),
  })
}

const target = (kind: Kind, port: number) => ({ host: '127.0.0.1', port, transport: kind })
const call = (kind: Kind, port: number) => ({
  target: target(kind, port),
  number: '+12145550100',
  caller: '+12145550199',
  nonce: 'nonce-42',
})

describe.runIf(missingPrograms(['sipp']).length === 0).each(['udp', 'tcp'] as const)(
  'SIPp as the gateway, over %s',
  (kind) => {
    it('W1.4 is probed with OPTIONS', async () => {
      const sipp = await gateway(kind, 'gateway-options')

      const answer = await probe().options(target(kind, sipp.port), signal)

      expect(answer).toMatchObject({ kind: 'answered', status: 200, reason: 'OK' })
      expect(answer.kind === 'answered' && answer.roundTrip).toBeLessThan(2000)
      expect(await sipp.exit).toBe(0)
    })

    it('answers a test call, is told the nonce and hung up on', async () => {
      const sipp = await gateway(kind, 'gateway-answers')

      const answer = await probe().call(call(kind, sipp.port), signal)

      expect(answer).toMatchObject({
        kind: 'answered',
        contactHost: '127.0.0.1',
        server: 'SIPp gateway',
        codec: 'PCMA',
      })
      if (answer.kind !== 'answered') return
      expect(answer.answer - answer.firstResponse).toBeGreaterThanOrEqual(50)
      expect(await sipp.exit).toBe(0)
    })

    it('refuses a test call with 503 and gets its ACK', async () => {
      const sipp = await gateway(kind, 'gateway-503')

      const answer = await probe().call(call(kind, sipp.port), signal)

      expect(answer).toMatchObject({ kind: 'refused', status: 503, reason: 'Service Unavailable' })
      expect(await sipp.exit).toBe(0)
    })

    it('says nothing at all: silent, not an error', async () => {
      const sipp = await gateway(kind, 'gateway-silent')

      const answer = await probe(1000).call(call(kind, sipp.port), signal)

      expect(answer).toMatchObject({ kind: 'silent', because: 'no final answer within 1000 ms' })
    })

    it('rings for ever and is sent CANCEL, and ACK for its 487', async () => {
      const sipp = await gateway(kind, 'gateway-rings')

      const answer = await probe(700).call(call(kind, sipp.port), signal)

      expect(answer.kind).toBe('silent')
      expect(await sipp.exit).toBe(0)
    })

    it('is not there: OPTIONS is silent, not an error', async () => {
      const answer = await probe().options(target(kind, await freePort()), signal)

      expect(answer.kind).toBe('silent')
    })
  },
)

describe.runIf(missingPrograms(['sipp']).length === 0).each(['udp', 'tcp'] as const)(
  'SIPp as the caller, over %s',
  (kind) => {
    async function endpoint(decide: (invite: SipInvite) => InviteDecision) {
      const invites: SipInvite[] = []
      const ended: string[] = []
      const side = createSipEndpoint({
        transport: await open(kind),
        wireClock,
        server: 'lab',
        onInvite: async (invite) => {
          invites.push(invite)
          return decide(invite)
        },
        onOptions: () => ({ kind: 'ok' }),
        onEnded: (callId) => ended.push(callId),
      })
      running.push(side.close)
      return { side, invites, ended }
    }

    async function caller(scenario: string, to: number, calls = 1, more: readonly string[] = []) {
      const sipp = await startCaller(kind, scenario, { to, calls, number: '+12145550100', more })
      running.push(sipp.stop)
      return sipp.exit
    }

    it('has twenty calls answered, acknowledged and hung up by our endpoint', async () => {
      const { side, invites, ended } = await endpoint(() => ({ kind: 'answer' }))

      const exit = await caller('-uac', side.local.port, 20, ['-r', '20', '-d', '100'])

      expect(exit).toBe(0)
      expect(invites).toHaveLength(20)
      expect(new Set(ended)).toEqual(new Set(invites.map(({ callId }) => callId)))
      expect(invites[0]).toMatchObject({ number: '+12145550100', from: 'sipp' })
      expect(side.calls()).toBe(0)
    })

    it('is refused with 503', async () => {
      const { side, ended } = await endpoint(() => ({
        kind: 'reject',
        status: 503,
        reason: 'Full',
      }))

      expect(await caller('caller-503', side.local.port)).toBe(0)
      expect(ended).toHaveLength(1)
    })

    it('cancels while our endpoint rings', async () => {
      const { side, ended } = await endpoint(() => ({ kind: 'late', afterMs: 3000 }))

      expect(await caller('caller-cancels', side.local.port)).toBe(0)
      expect(ended).toHaveLength(1)
    })

    it('is answered late', async () => {
      const { side } = await endpoint(() => ({ kind: 'late', afterMs: 600 }))
      const began = performance.now()

      expect(await caller('-uac', side.local.port)).toBe(0)
      expect(performance.now() - began).toBeGreaterThan(600)
    })

    it('meets silence, asked once however often it repeats', async () => {
      const { side, invites } = await endpoint(() => ({ kind: 'silence' }))

      const exit = await caller('-uac', side.local.port, 1, ['-timeout', '2s'])

      expect(exit).not.toBe(0)
      expect(invites).toHaveLength(1)
    })

    it('asks OPTIONS', async () => {
      const { side } = await endpoint(() => ({ kind: 'answer' }))

      expect(await caller('caller-options', side.local.port)).toBe(0)
    })
  },
)
