import { describe, expect, it } from 'vitest'
import { checkContext } from '../../../test/contracts/check-context.ts'
import { fakeState, platformsOver } from '../../../test/contracts/step-worlds.ts'
import { platformId } from '../../kernel/ids.ts'
import { epochMs, ms } from '../../kernel/units.ts'
import type { SipProbe } from '../call-tests/index.ts'
import {
  type Need,
  type Platforms,
  type QueueStatistics,
  type Statistics,
  UnreachableError,
} from '../platform/index.ts'
import { preflightCheck, windowCheck } from './wave-checks.ts'
import { createWaveMetrics } from './wave-metrics.ts'

const start = 1_700_000_000_000

describe('wave.window', () => {
  const hour = 3_600_000
  const hold = { longest: 30 * 60_000, owner: 'night-lead', then: 'roll-back' } as const
  const ask = (from: number, to: number) => {
    const window = { from: start + from, to: start + to }
    const input = windowCheck.input.parse({ wave: 'dallas', ...window, wayBack: hour, hold })
    return windowCheck.verify(input, checkContext({}))
  }

  it('waits as a row until it opens', async () => {
    expect(await ask(72 * hour, 80 * hour)).toMatchObject({
      kind: 'not-yet',
      lookAgainAt: start + 72 * hour,
    })
  })

  it.each([
    ['passes while the way back fits into what is left', 0, hour, 'verified'],
    ['holds when too little is left for the way back', -hour, hour - 1, 'hold'],
    ['holds once it has closed', -2, 0, 'hold'],
  ] as const)('%s', async (_, from, to, kind) => {
    expect((await ask(from, to)).kind).toBe(kind)
  })

  it('names the owner and what happens when nobody decides', async () => {
    expect(await ask(-hour, hour / 2)).toEqual({
      kind: 'hold',
      because: 'the window closes in 30 min, and the way back can take 1 h',
      hold,
    })
  })
})

describe('wave.preflight', () => {
  const ask = (...states: readonly Need['state'][]) =>
    preflightCheck.verify(
      { wave: 'dallas' },
      checkContext({
        preflight: {
          run: async () => states.map((state) => ({ what: `a ${state}`, state, because: 'asked' })),
        },
      }),
    )

  it('P1.1 missing fails, unknown holds, all had passes', async () => {
    expect((await ask('had', 'unknown', 'missing')).kind).toBe('failed')
    expect((await ask('had', 'unknown')).kind).toBe('hold')
    expect((await ask('had', 'had')).kind).toBe('verified')
  })

  it('D5 what can’t be known because the plan says by hand holds nothing, and is said', async () => {
    const need = { what: 'memberships', state: 'unknown', because: 'by hand' } as const
    const run = async () => [{ ...need, accepted: true } as const]

    const found = await preflightCheck.verify(
      { wave: 'dallas' },
      checkContext({ preflight: { run } }),
    )

    expect(found).toMatchObject({ kind: 'verified', seen: expect.stringContaining('memberships') })
  })
})

describe('createWaveMetrics', () => {
  const seen: QueueStatistics = {
    offered: 100,
    answered: 90,
    abandoned: 4,
    shortAbandoned: 1,
    failed: 2,
    meanWaitMs: 1500,
  }
  const sip: SipProbe = {
    options: async () => ({ kind: 'answered', status: 200, reason: 'OK', roundTrip: ms(12) }),
    call: async ({ number }) =>
      number === '+2'
        ? { kind: 'silent', callId: 'c', because: 'no answer' }
        : {
            kind: 'answered',
            callId: 'c',
            firstResponse: ms(30),
            answer: ms(60),
            contactHost: 'h',
            server: 's',
            codec: 'PCMU',
          },
  }
  const crm = { upserts: async () => ({ total: 50, failed: 1 }) }
  const scope = {
    site: 'dallas',
    platform: platformId('cloud'),
    queues: ['q'],
    numbers: ['+1', '+2'],
    testCaller: '+15555550001',
  }
  const read = (metric: string, sources: { crm?: typeof crm; platforms?: Platforms } = { crm }) => {
    const question = { metric, scope, from: epochMs(0), to: epochMs(1000) }
    const all = { platforms: platformsSeeing(async () => seen), sip, ...sources }
    return createWaveMetrics(all).read(question, new AbortController().signal)
  }

  it.each([
    ['validation_failure_rate', 3, 150],
    ['success_rate', 98, 100],
    ['abandonment_rate', 4, 100],
    ['crm_error_rate', 1, 50],
    ['test_calls', 1, 2],
  ])('M %s is %d of %d', async (metric, numerator, denominator) => {
    expect(await read(metric)).toMatchObject({ kind: 'rate', numerator, denominator })
  })

  it.each([
    ['asa', 1500, 90],
    ['queueLength', 3, 1],
    ['first_response_latency', 30, 1],
    ['RTT', 12, 1],
  ])('M %s is %d over %d samples', async (metric, value, samples) => {
    expect(await read(metric)).toMatchObject({ kind: 'value', value, samples })
  })

  it('X6 an answer that the platform has no record of may be the source’s: no data, never a pass', async () => {
    const platforms = platformsSeeing(
      async () => seen,
      async () => undefined,
    )

    expect(await read('test_calls', { platforms })).toMatchObject({ numerator: 0, denominator: 1 })
  })

  it('promise 2 what has no source, or whose source fails, is no data', async () => {
    const platforms = platformsSeeing(() => Promise.reject(new UnreachableError('cloud is silent')))

    expect((await read('crm_error_rate', {})).kind).toBe('no-data')
    expect((await read('webhook_retry_count')).kind).toBe('no-data')
    expect(await read('success_rate', { platforms })).toEqual({
      kind: 'no-data',
      because: 'cloud is silent',
    })
  })
})

function platformsSeeing(
  queues: () => Promise<QueueStatistics>,
  conversationOf: Statistics['conversationOf'] = async () => ({ id: '1', dnis: '+1' }),
): Platforms {
  const over = platformsOver({
    cloud: fakeState({ queues: new Map([['q', new Map()]]), waiting: 3 }),
  })
  return {
    get(id) {
      const platform = over.get(id)
      return {
        ...platform,
        ports: {
          ...platform.ports,
          statistics: { ...over.port(id, 'statistics'), queues, conversationOf },
        },
      }
    },
    port: (id, capability) => {
      const port = over.port(id, capability)
      return capability === 'statistics' ? { ...port, queues } : port
    },
  }
}
