import { describe, expect, it } from 'vitest'
import { checkContext } from '../../../test/contracts/check-context.ts'
import { checkId } from '../../kernel/ids.ts'
import type { NonEmpty } from '../../kernel/non-empty.ts'
import { percent } from '../../kernel/units.ts'
import { decideRate } from './decide-rate.ts'
import { decideVerdict } from './decide-verdict.ts'
import { gateCheck } from './gate-check.ts'
import { gateTriggerCheck } from './gate-trigger.ts'
import type { MetricReading, Metrics, Triggers } from './ports.ts'
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
  const calls = (numerator: number, denominator: number): MetricReading => ({
    kind: 'rate',
    numerator,
    denominator,
    source: 'calls at cloud',
  })

  it('D17 shows the count, the rate and its interval', () => {
    expect(decideRate(check, calls(211, 212))).toMatchObject({
      kind: 'met',
      seen: '212 calls at cloud, success_rate 99.5% [97.4, 99.9]',
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
    const reading = { kind: 'value', value: 1300, samples: 5, source: 'test calls' } as const
    expect(decideRate(slow, reading)).toMatchObject({ kind: 'breached', severity: 'minor' })
    expect(decideRate(slow, { ...reading, value: 1200 }).kind).toBe('met')
  })

  it('D17 beyond the limit, but not surely so, is neither a pass nor a breach', () => {
    const outcome = decideRate(check, calls(98, 100))

    expect(outcome.kind).toBe('no-data')
    expect(outcome.seen).toContain('too few to be sure')
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

  it('looks back over its window, never to before the stage began', async () => {
    const { metrics, asked } = metricsOf({ success_rate: good })

    for (const elapsed of [5, 40]) {
      await gateCheck.verify(input, checkContext({ metrics }, { elapsed: elapsed * minute }))
    }

    expect(asked.map(({ from, to }) => (to - from) / minute)).toEqual([5, 15])
  })
})

describe('gate.trigger', () => {
  const triggers: Triggers = {
    compile: () => ({
      metrics: ['failure'],
      evaluate: ({ failure }) => (failure === undefined ? 'no-data' : failure > 0.02),
    }),
  }
  const input = gateTriggerCheck.input.parse({
    expression: 'failure > 2%',
    scope,
    minimumSample: 50,
  })
  const ask = (reading?: MetricReading) => {
    const { metrics } = metricsOf(reading === undefined ? {} : { failure: reading })
    return gateTriggerCheck.verify(input, checkContext({ metrics, triggers }))
  }
  const failures = (numerator: number, denominator: number) =>
    ask({ kind: 'rate', numerator, denominator, source: 'validations' })

  it('W4.2 fails when the trigger is true, and says on which counts', async () => {
    expect(await failures(3, 100)).toMatchObject({
      kind: 'failed',
      because: expect.stringContaining('100 validations'),
    })
    expect((await failures(2, 100)).kind).toBe('verified')
  })

  it('D17 too few validations, or none, are not asked', async () => {
    expect((await failures(10, 49)).kind).toBe('not-yet')
    expect((await ask()).kind).toBe('not-yet')
  })
})
