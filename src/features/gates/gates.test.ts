import { describe, expect, it } from 'vitest'
import { checkContext } from '../../../test/contracts/check-context.ts'
import { checkId } from '../../kernel/ids.ts'
import type { NonEmpty } from '../../kernel/non-empty.ts'
import { createRandom } from '../../kernel/random.ts'
import { percent } from '../../kernel/units.ts'
import { decideRate } from './decide-rate.ts'
import { decideTrigger } from './decide-trigger.ts'
import { decideVerdict } from './decide-verdict.ts'
import { gateCheck } from './gate-check.ts'
import { gateTriggerCheck } from './gate-trigger.ts'
import type { MetricReading, Metrics, Trigger, Triggers } from './ports.ts'
import type { CheckOutcome } from './verdict.ts'
import { wilsonInterval } from './wilson-interval.ts'

const weighted = { mode: 'weighted', minimumScore: percent(90) } as const
const base = (check: string, weight: number) => ({ check: checkId(check), weight, seen: '' })
const met = (check: string, weight = 1): CheckOutcome => ({ ...base(check, weight), kind: 'met' })
const breached = (check: string, severity: 'critical' | 'minor', weight = 1): CheckOutcome => ({
  ...base(check, weight),
  kind: 'breached',
  severity,
})
const noData = (check: string): CheckOutcome => ({ ...base(check, 1), kind: 'no-data' })

describe('decideVerdict', () => {
  it('G1.1 a critical breach vetoes, however high the score', () => {
    expect(decideVerdict([met('mos', 99), breached('srtp', 'critical')], weighted)).toEqual({
      kind: 'no-go',
      score: 99,
      breached: ['srtp'],
    })
  })

  it('G1.1 a minor breach only lowers a weighted score, and fails where all must be met', () => {
    const outcomes: NonEmpty<CheckOutcome> = [met('mos', 19), breached('asa', 'minor')]

    expect(decideVerdict(outcomes, weighted).kind).toBe('go')
    expect(decideVerdict(outcomes, { ...weighted, mode: 'all' }).kind).toBe('no-go')
  })

  it('G1.3 missing data holds, is never a pass, and hides no breach', () => {
    expect(decideVerdict([met('mos'), noData('dlq')], weighted)).toEqual({
      kind: 'hold',
      missing: ['dlq'],
    })
    expect(decideVerdict([noData('dlq')], weighted).kind).toBe('hold')
    expect(decideVerdict([breached('srtp', 'critical'), noData('dlq')], weighted).kind).toBe(
      'no-go',
    )
  })
})

describe('decideRate', () => {
  const check = { metric: 'success_rate', atLeast: 0.992, minimumSample: 40, weight: 1, veto: true }
  const calls = (numerator: number, denominator: number) => {
    const source = 'calls at cloud'
    return { kind: 'rate', numerator, denominator, source } as const
  }

  it('D17 shows the count, the rate and its interval', () => {
    expect(decideRate(check, calls(211, 212))).toMatchObject({
      kind: 'met',
      seen: 'success_rate 99.5% [97.4, 99.9] of 212 calls at cloud, limit at least 99.2%',
    })
  })

  it('G1.3 too few calls are no data, however well they went', () => {
    expect(decideRate(check, calls(39, 39)).kind).toBe('no-data')
    expect(decideRate(check, calls(40, 40)).kind).toBe('met')
    expect(decideRate({ ...check, minimumSample: 0 }, calls(0, 0)).kind).toBe('no-data')
    expect(decideRate(check, { kind: 'no-data', because: 'silent' }).kind).toBe('no-data')
  })

  it('judges both limits', () => {
    expect(decideRate(check, calls(940, 1000))).toMatchObject({
      kind: 'breached',
      severity: 'critical',
    })
    const slow = { ...check, atLeast: undefined, atMost: 1200, minimumSample: 1, veto: false }
    const source = 'test calls'
    const reading = { kind: 'value', value: 1300, unit: 'ms', samples: 5, source } as const
    expect(decideRate(slow, reading)).toMatchObject({ kind: 'breached', severity: 'minor' })
    expect(decideRate(slow, { ...reading, value: 1200 }).kind).toBe('met')
  })

  it('D17 beyond the limit, but not surely so, is neither a pass nor a breach', () => {
    const outcome = decideRate(check, calls(98, 100))

    expect(outcome).toMatchObject({
      kind: 'no-data',
      seen: 'success_rate 98.0% [93.0, 99.4] of 100 calls at cloud, limit at least 99.2%: under it, not surely; about 113 more would show it',
    })
    expect(decideRate(check, calls(0.98 * 213, 213)).kind).toBe('breached')
  })

  it('D18 says how many samples are missing, and counts down', () => {
    expect(decideRate(check, calls(12, 12)).seen).toContain(': 28 more are needed')
    expect(decideRate(check, calls(39, 39)).seen).toContain(': 1 more are needed')
  })

  it.each([
    [{ value: 1300, unit: 'ms' }, { atMost: 1200 }, 'asa 1.3 s of 9 answers, limit at most 1.2 s'],
    [{ value: 85.4, unit: 'ms' }, { atMost: 150 }, 'asa 85 ms of 9 answers, limit at most 150 ms'],
    [{ value: 3, unit: 'count' }, { atMost: 15 }, 'asa 3 of 9 answers, limit at most 15'],
    [
      { value: 0.825, unit: 'ratio' },
      { atLeast: 0.1, atMost: 0.8575 },
      'asa 82.5% of 9 answers, limit at least 10% and at most 85.75%',
    ],
  ] as const)('shows %j against %j in its own unit', (figure, limits, seen) => {
    const one = { metric: 'asa', minimumSample: 1, weight: 1, veto: false, ...limits }
    const reading = { kind: 'value', samples: 9, source: 'answers', ...figure } as const
    expect(decideRate(one, reading).seen.split(': over')[0]).toBe(seen)
  })

  it('promise 2 samples that are not yet known count as the worst for a pass, and as the best for a breach', () => {
    const all = { ...check, atLeast: 1, minimumSample: 1 }
    const known = { ...calls(9, 10), unknown: 1 } as const

    expect(decideRate(all, calls(10, 10)).kind).toBe('met')
    expect(decideRate(all, known)).toMatchObject({
      kind: 'no-data',
      seen: expect.stringContaining('(1 not yet known)'),
    })
    expect(decideRate(all, { ...known, numerator: 8 }).kind).toBe('breached')
  })

  it('promise 2 a part that could not be read can show a breach, never a pass', () => {
    const few = { ...check, atLeast: undefined, atMost: 0.02, minimumSample: 30 }
    const part = (numerator: number): MetricReading => ({
      ...{ kind: 'rate', numerator, denominator: 40, source: 'validations' },
      missing: 'cloud is silent',
    })

    expect(decideRate(few, part(40)).kind).toBe('breached')
    expect(decideRate(few, part(0))).toMatchObject({
      kind: 'no-data',
      seen: expect.stringContaining('not all of it: cloud is silent'),
    })
  })

  it('the interval agrees with published figures', () => {
    // Newcombe 1998, table I: 81 of 263, 0 of 20, 15 of 148.
    const rounded = (n: number, of: number) =>
      wilsonInterval(n, of).map((x) => Number(x.toFixed(4)))

    expect(rounded(81, 263)).toEqual([0.2553, 0.3662])
    expect(rounded(0, 20)).toEqual([0, 0.1611])
    expect(rounded(15, 148)).toEqual([0.0624, 0.1605])
  })
})

const minute = 60_000
const scope = {
  site: 'dallas',
  platform: 'cloud',
  queues: ['q'],
  numbers: [],
  testCaller: '+15555550001',
  testCallers: [],
}

function metricsOf(readings: Readonly<Record<string, MetricReading>>) {
  const asked: { from: number; to: number }[] = []
  const metrics: Metrics = {
    read: async ({ metric, from, to }) => {
      asked.push({ from, to })
      return readings[metric] ?? { kind: 'no-data', because: 'no source' }
    },
  }
  return { metrics, asked }
}
const good: MetricReading = { kind: 'rate', numerator: 100, denominator: 100, source: 'calls' }
const bad: MetricReading = { ...good, numerator: 90 }

describe('gate.check', () => {
  const input = gateCheck.input.parse({
    gate: 'stage',
    mode: 'all',
    minimumScore: 90,
    checks: [
      {
        metric: 'success_rate',
        atLeast: 0.99,
        window: 15 * minute,
        minimumSample: 50,
        weight: 1,
        veto: true,
      },
    ],
    hold: { longest: 30 * minute, owner: 'night-lead', then: 'roll-back' },
    soak: 15 * minute,
    scope,
  })
  const ask = (reading: MetricReading | undefined, elapsed: number) => {
    const { metrics } = metricsOf(reading === undefined ? {} : { success_rate: reading })
    return gateCheck.verify(input, checkContext({ metrics }, { elapsed }))
  }

  it('W4.3 a go before the soak is over is not yet a go', async () => {
    expect((await ask(good, 14 * minute)).kind).toBe('not-yet')
    expect((await ask(good, 15 * minute)).kind).toBe('verified')
  })

  it('promise 2 a breach fails at once, in the middle of the soak', async () => {
    expect((await ask(bad, minute)).kind).toBe('failed')
  })

  it('promise 2 missing data holds once the soak is over, with the plan’s timer, owner and exit', async () => {
    expect((await ask(undefined, minute)).kind).toBe('not-yet')
    expect(await ask(undefined, 16 * minute)).toMatchObject({
      kind: 'hold',
      hold: { longest: 30 * minute, owner: 'night-lead', then: 'roll-back' },
    })
  })

  it('W4.2 holds while the rollback trigger has no answer, however well its own checks are', async () => {
    const guard = {
      title: 'rollback trigger',
      verdict: 'not-yet',
      seen: 'no data, cloud is silent',
    }
    const { metrics } = metricsOf({ success_rate: good })
    const askWith = (verdict: 'not-yet' | 'verified') =>
      gateCheck.verify(
        input,
        checkContext({ metrics }, { elapsed: 15 * minute, guards: [{ ...guard, verdict }] }),
      )

    expect(await askWith('not-yet')).toMatchObject({
      kind: 'hold',
      because: expect.stringContaining('rollback trigger: no data, cloud is silent'),
    })
    expect((await askWith('verified')).kind).toBe('verified')
  })

  it('looks back over its window, never to before the stage began', async () => {
    const { metrics, asked } = metricsOf({ success_rate: good })

    for (const elapsed of [5, 40]) {
      await gateCheck.verify(input, checkContext({ metrics }, { elapsed: elapsed * minute }))
    }

    expect(asked.map(({ from, to }) => (to - from) / minute)).toEqual([5, 15])
  })
})

describe('gate.trigger', () => {
  const triggers: Triggers = { compile: (text) => overOne(text, 0.02) }
  const input = gateTriggerCheck.input.parse({
    expression: 'failure > 2%',
    scope,
    minimumSample: 30,
  })
  const ask = (reading?: MetricReading) => {
    const { metrics } = metricsOf(reading === undefined ? {} : { failure: reading })
    return gateTriggerCheck.verify(input, checkContext({ metrics, triggers }))
  }
  const failures = (numerator: number, denominator: number) =>
    ask({ kind: 'rate', numerator, denominator, source: 'validations' })

  it('W4.2 fails when the trigger is surely true, and says on which counts', async () => {
    expect(await failures(6, 100)).toMatchObject({
      kind: 'failed',
      because: 'failure > 2%: failure 6.0% [2.8, 12.5] of 100 validations',
    })
    expect((await failures(2, 100)).kind).toBe('verified')
  })

  it('D17 two of 97 turn nobody back: beyond the limit, but not surely so', async () => {
    expect((await failures(2, 97)).kind).toBe('not-yet')
    expect(await failures(3, 100)).toMatchObject({
      kind: 'not-yet',
      because:
        'failure 3.0% [1.0, 8.5] of 100 validations: beyond the limit, not surely; about 657 more would show it',
    })
  })

  it('D17 too few validations, or none, are not asked', async () => {
    expect(await failures(10, 29)).toMatchObject({
      kind: 'not-yet',
      because: expect.stringContaining('1 more are needed'),
    })
    expect((await ask()).kind).toBe('not-yet')
  })
})

/** `failure` over the limit, as the plan's triggers judge it. */
function overOne(_text: string, limit: number): Trigger {
  return {
    metrics: ['failure'],
    judge: ({ failure: [low, high] = [0, 1] }) => {
      if (low > limit) return 'true'
      return high <= limit ? 'false' : 'unsure'
    },
  }
}

describe('decideTrigger', () => {
  const trigger = overOne('', 0.02)
  const rate = (numerator: number, denominator: number, more: object = {}): MetricReading => ({
    ...{ kind: 'rate', numerator, denominator, source: 'validations', ...more },
  })
  const decide = (reading: MetricReading) =>
    decideTrigger(trigger, [{ metric: 'failure', reading }], 30).kind

  it.each<readonly [string, MetricReading, string]>([
    ['none of few', rate(0, 30), 'fine'],
    ['none of many', rate(0, 400), 'fine'],
    ['within the limit', rate(2, 100), 'fine'],
    ['beyond, not surely', rate(2, 97), 'beyond'],
    ['surely beyond', rate(3, 30), 'breached'],
    ['all of too few', rate(29, 29), 'no-data'],
    ['a healthy part of what is counted', rate(0, 400, { missing: 'no CRM' }), 'no-data'],
    ['a dead part of what is counted', rate(40, 40, { missing: 'no CRM' }), 'breached'],
    ['calls of which nothing is known', rate(0, 40, { unknown: 40 }), 'no-data'],
    ['two late ones of many', rate(0, 400, { unknown: 2 }), 'fine'],
    ['nothing', { kind: 'no-data', because: 'silent' }, 'no-data'],
  ])('D17 %s', (_, reading, kind) => {
    expect(decide(reading)).toBe(kind)
  })

  it('a figure that is measured, not sampled, needs no minimum', () => {
    const value = { kind: 'value', value: 1, unit: 'count', samples: 1, source: 'queues' } as const
    expect(decide(value)).toBe('breached')
    expect(decide({ ...value, value: 0 })).toBe('fine')
  })

  /** Nights of 500 validations, looked at after each four, as a run does. */
  function nightsTurnedBack(failureRate: number, nights: number): number {
    const random = createRandom(41)
    const turned = Array.from({ length: nights }, () => {
      let failed = 0
      for (let seen = 1; seen <= 500; seen += 1) {
        if (random.next() < failureRate) failed += 1
        if (seen % 4 === 0 && decide(rate(failed, seen)) === 'breached') return true
      }
      return false
    })
    return turned.filter((one) => one).length / nights
  }

  it('D17 a healthy 0.8 % is let through nearly every night, a sick 6 % hardly ever', () => {
    expect(nightsTurnedBack(0.008, 300)).toBeLessThan(0.05)
    expect(nightsTurnedBack(0.06, 300)).toBeGreaterThan(0.9)
  })
})
