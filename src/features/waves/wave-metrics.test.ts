import { describe, expect, it } from 'vitest'
import { fakeState, platformsOver } from '../../../test/contracts/step-worlds.ts'
import { platformId } from '../../kernel/ids.ts'
import { epochMs, ms } from '../../kernel/units.ts'
import type { SipProbe, TestCallAnswer } from '../call-tests/index.ts'
import {
  type ApiCalls,
  type Crm,
  type Platforms,
  type Statistics,
  UnreachableError,
} from '../platform/index.ts'
import { createTestCallBook } from './test-call-book.ts'
import { createWaveMetrics } from './wave-metrics.ts'

const cloud = platformId('cloud')
const minute = 60_000
const silent = () => Promise.reject(new UnreachableError('cloud is silent'))

const figures = {
  ...{ offered: 100, answered: 90, abandoned: 4, shortAbandoned: 1, failed: 2, meanWaitMs: 1500 },
}

/** A target that is well: its figures, a record of every call, an answer to each. */
interface Target {
  readonly statistics?: Partial<Statistics>
  readonly crm?: Crm
  readonly answers?: (number: string) => TestCallAnswer
  readonly numbers?: readonly string[]
  readonly apiCalls?: ApiCalls
  readonly queues?: readonly string[]
}

const answered = (number: string): TestCallAnswer => ({
  ...{ kind: 'answered', callId: number, firstResponse: ms(30), answer: ms(60) },
  ...{ contactHost: 'target.example', server: 's', codec: 'PCMU' },
})
const nobody = (number: string): TestCallAnswer => ({
  ...{ kind: 'silent', callId: number, because: 'no answer' },
})

function startWatching({
  statistics = {},
  crm,
  answers = answered,
  numbers,
  apiCalls,
  queues = ['q'],
}: Target = {}) {
  const scope = {
    ...{ site: 'dallas', platform: cloud, queues, numbers: numbers ?? ['+1', '+2'] },
    ...{ testCaller: '+15555550001', testCallers: ['+15555550002'], neverHost: 'source.example' },
  }
  const placed: { readonly number: string; readonly caller: string }[] = []
  const sip: SipProbe = {
    options: async () => ({
      kind: 'answered',
      status: 200,
      reason: 'OK',
      roundTrip: ms(12),
      server: '',
    }),
    async call({ number, caller }) {
      placed.push({ number, caller })
      return answers(number)
    },
  }
  const well: Statistics = {
    queues: async () => figures,
    failed: async () => 2,
    workload: async () => ({ able: 8, busy: 6 }),
    waiting: async () => 3,
    conversationOf: async (callId) => ({ id: callId, dnis: callId }),
  }
  const metrics = createWaveMetrics({
    platforms: platformsWith({ ...well, ...statistics }),
    sip,
    apiCalls: apiCalls ?? {
      since: epochMs(0),
      count: () => ({ total: 40, failed: 1, limited: 0 }),
    },
    testCalls: createTestCallBook(),
    ...(crm === undefined ? {} : { crm }),
  })
  const read = (metric: string, at = minute, numbers?: number | 'all') =>
    metrics.read(
      { metric, scope, from: epochMs(0), to: epochMs(at), numbers },
      new AbortController().signal,
    )
  return { read, placed }
}

/** Asks every 30 s, as a gate and a guard do; the last answer. */
async function keepAsking(target: Target, metric: string, seconds: number) {
  const watch = startWatching(target)
  let last = await watch.read(metric, 1000)
  for (let at = 31; at <= seconds; at += 30) last = await watch.read(metric, at * 1000)
  return { last, placed: watch.placed }
}

const crm: Crm = { upserts: async () => ({ total: 50, failed: 1 }) }

describe('metrics of section M', () => {
  it.each([
    ['success_rate', 98, 100],
    ['abandonment_rate', 4, 100],
    ['crm_error_rate', 1, 50],
    ['api_error_rate', 2, 80],
    ['test_calls', 2, 2],
  ])('M %s is %d of %d', async (metric, numerator, denominator) => {
    const reading = await startWatching({ crm }).read(metric)
    expect(reading).toMatchObject({ kind: 'rate', numerator, denominator })
  })

  it.each(['abandonment_rate', 'asa', 'queueLength', 'utilisation', 'success_rate'])(
    'promise 2 M %s of a site of which one queue is not shown is no data, and names it',
    async (metric) => {
      expect(await startWatching({ queues: ['q', 'renamed'] }).read(metric)).toEqual({
        kind: 'no-data',
        because: 'queues not shown by cloud: renamed',
      })
    },
  )

  it.each([
    ['asa', 1500, 90, 'ms'],
    ['queueLength', 3, 1, 'count'],
    ['utilisation', 0.75, 8, 'ratio'],
    ['first_response_latency', 30, 2, 'ms'],
    ['RTT', 12, 1, 'ms'],
  ])('M %s is %d over %d samples, in %s', async (metric, value, samples, unit) => {
    expect(await startWatching().read(metric)).toMatchObject({
      kind: 'value',
      value,
      samples,
      unit,
    })
  })

  it('M success_rate counts calls that failed before they reached a queue', async () => {
    const { read } = startWatching({ statistics: { failed: async () => 12 } })

    expect(await read('success_rate')).toMatchObject({ numerator: 98, denominator: 110 })
  })

  it('M crm_error_rate asks for the calls that the target handled', async () => {
    const asked: unknown[] = []
    const { read } = startWatching({
      crm: {
        upserts: async (of) => {
          asked.push(of)
          return { total: 1, failed: 0 }
        },
      },
    })

    await read('crm_error_rate')

    expect(asked).toMatchObject([{ site: 'dallas', platform: 'cloud', from: 0, to: minute }])
  })

  it('M api_error_rate says how far back it counts, and what the rate limit put off apart', async () => {
    const apiCalls: ApiCalls = {
      since: epochMs(30_000),
      count: (name) =>
        name === 'crm' ? { total: 3, failed: 1, limited: 0 } : { total: 7, failed: 0, limited: 2 },
    }

    expect(await startWatching({ apiCalls }).read('api_error_rate')).toMatchObject({
      ...{ numerator: 1, denominator: 10 },
      source: 'API calls to cloud and CRM in the last 30 s, 2 put off by its rate limit apart',
    })
  })

  it.each([
    ['crm_error_rate', {}, 'the plan has no CRM'],
    ['webhook_retry_count', {}, 'webhook_retry_count has no source in this plan'],
    ['success_rate', { statistics: { queues: silent } }, 'cloud is silent'],
    ['success_rate', { statistics: { failed: silent } }, 'cloud is silent'],
    [
      'utilisation',
      { statistics: { workload: async () => ({ able: 0, busy: 0 }) } },
      'no agent is able to take these queues',
    ],
  ])('promise 2 %s of %o is no data: %s', async (metric, target, because) => {
    expect(await startWatching(target).read(metric)).toEqual({ kind: 'no-data', because })
  })
})

describe('M validation_failure_rate', () => {
  it('counts calls, CRM writes at the target and test calls together', async () => {
    const { last } = await keepAsking({ crm }, 'validation_failure_rate', 61)

    expect(last).toMatchObject({ numerator: 3, denominator: 100 + 50 + 6 })
    expect(last).not.toHaveProperty('missing')
  })

  it('W4.2 rests on test calls alone when the API is dead: nobody answers, all fail', async () => {
    const statistics = { queues: silent, conversationOf: silent }
    const { last } = await keepAsking(
      { statistics, answers: nobody },
      'validation_failure_rate',
      91,
    )

    expect(last).toMatchObject({ kind: 'rate', missing: 'cloud is silent' })
    expect(
      last.kind === 'rate' && last.numerator === last.denominator && last.denominator >= 30,
    ).toBe(true)
  })

  it('promise 2 is never well when a part of it can’t be read', async () => {
    const statistics = { queues: silent, conversationOf: silent }
    const { last } = await keepAsking({ statistics }, 'validation_failure_rate', 301)

    // Answered, but by whom? Without the platform's record nobody knows.
    expect(last).toMatchObject({ numerator: 0, missing: 'cloud is silent' })
    expect(last.kind === 'rate' && (last.unknown ?? 0) >= 10).toBe(true)
  })
})

describe('test calls of gates and guards', () => {
  it('X6 an answer that the platform has no record of is counted only once it should have one', async () => {
    const statistics = { conversationOf: async () => undefined }
    const early = await keepAsking({ statistics }, 'test_calls', 61)
    const late = await keepAsking({ statistics }, 'test_calls', 421)

    expect(early.last).toEqual({
      kind: 'no-data',
      because: 'test calls to 0 of 2 numbers are known so far',
    })
    // Five minutes without a record: somebody else took it.
    expect(late.last).toMatchObject({ kind: 'rate', numerator: 0, denominator: 2 })
  })

  it('X6 who answers from the other side’s host is the wrong one at once', async () => {
    const answers = (number: string) => ({ ...answered(number), contactHost: 'source.example' })
    const { read } = startWatching({ answers })

    expect(await read('validation_failure_rate')).toMatchObject({ numerator: 2 + 2 })
  })

  it('D22 a number is dead after three failed calls in a row over a minute, not before', async () => {
    const answers = (number: string) => (number === '+2' ? nobody(number) : answered(number))
    const soon = await keepAsking({ answers }, 'test_calls', 31)
    const later = await keepAsking({ answers }, 'test_calls', 61)

    expect(soon.last).toMatchObject({ numerator: 1, unknown: 1, denominator: 2 })
    expect(later.last).toMatchObject({ numerator: 1, denominator: 2 })
    expect(later.last).not.toHaveProperty('unknown')
  })

  it('D17 a call that is lost once is called again, and turns nobody back', async () => {
    let lost = 1
    const answers = (number: string) => (lost-- > 0 ? nobody(number) : answered(number))
    const { last } = await keepAsking({ answers }, 'test_calls', 31)

    expect(last).toEqual({
      ...{ kind: 'rate', numerator: 2, denominator: 2 },
      source: 'numbers called at cloud',
    })
  })

  it('asking more often makes no more calls, and no site has more than ten at a time', async () => {
    const numbers = Array.from({ length: 40 }, (_, index) => `+${index}`)
    const { read, placed } = startWatching({ numbers })

    for (let at = 1000; at < 25_000; at += 1000) {
      await read('validation_failure_rate', at)
      await read('test_calls', at, 'all')
    }

    expect(placed).toHaveLength(10)
    await read('test_calls', 26_000, 'all')
    expect(placed).toHaveLength(20)
  })

  it('all numbers come up, and all callers, whatever is asked', async () => {
    const numbers = Array.from({ length: 9 }, (_, index) => `+${index}`)
    const { placed } = await keepAsking({ numbers }, 'validation_failure_rate', 151)

    expect(new Set(placed.map(({ number }) => number)).size).toBe(9)
    expect(new Set(placed.map(({ caller }) => caller)).size).toBe(2)
  })

  it.each([
    ['all', 12],
    [7, 7],
    [undefined, 5],
    [99, 12],
  ] as const)('numbers: %s waits until %d of 12 numbers are known', async (asked, wanted) => {
    const numbers = Array.from({ length: 12 }, (_, index) => `+${index}`)
    const { read, placed } = startWatching({ numbers })

    const first = await read('test_calls', 1000, asked)
    const second = await read('test_calls', 31_000, asked)

    if (wanted > 10) expect(first.kind).toBe('no-data')
    expect(second).toMatchObject({ kind: 'rate' })
    expect(new Set(placed.map(({ number }) => number)).size).toBeGreaterThanOrEqual(wanted)
  })
})

function platformsWith(statistics: Statistics): Platforms {
  const queues = new Map([['q', new Map()]])
  const over = platformsOver({ cloud: fakeState({ queues }) })
  return {
    get: (id) => {
      const platform = over.get(id)
      return { ...platform, ports: { ...platform.ports, statistics } }
    },
    port: (id, capability) => {
      const port = over.port(id, capability)
      return capability === 'statistics' ? { ...port, ...statistics } : port
    },
  }
}
