import { z } from 'zod'
import { fail, ok } from '../../kernel/result.ts'
import { ms, percent } from '../../kernel/units.ts'
import { type Metric, metrics } from './metrics.ts'
import {
  type LimitUnit,
  type Parsed,
  parseDurationText,
  parseLimitText,
  parsePercentText,
} from './parse-values.ts'
import { text, written } from './schema-parts.ts'

/** Fewer samples than this prove nothing of a rate (D17); a count or the test calls need one. */
const leastSample = 100

const common = {
  window: written(parseDurationText, 'how far back it looks: 15m').default(ms(15 * 60_000)),
  weight: z.number().positive().default(1),
}

function limitIn(unit: LimitUnit, example: string) {
  return written((value): Parsed<number> => {
    const limit = parseLimitText(value)
    if (!limit.ok) return limit
    const plainRatio = unit === 'ratio' && limit.value.unit === 'plain' && limit.value.value <= 1
    if (limit.value.unit === unit || plainRatio) return { ok: true, value: limit.value.value }
    return { ok: false, problem: `"${value}" does not fit this metric; write ${example}` }
  }, `limit: ${example}`)
}

function checkOf({ unit, critical, fewSuffice }: Metric) {
  const example = { ratio: '99.2%', ms: '1200ms', plain: '3' }[unit]
  return z.strictObject({
    atLeast: limitIn(unit, example).optional(),
    atMost: limitIn(unit, example).optional(),
    ...common,
    minimumSample: z
      .int()
      .positive()
      // A figure that we measure ourselves comes from a handful of calls; a share needs many.
      .default(unit === 'ratio' && fewSuffice !== true ? leastSample : 1),
    veto: z.boolean().default(critical),
  })
}

/** Numbers that a gate calls where the plan says nothing; which ones takes turns. */
const usualNumbers = 5

function parseNumbersWanted(text: string): Parsed<number | 'all'> {
  if (text.trim() === 'all') return ok('all')
  const count = /^[1-9]\d*$/.test(text.trim()) ? Number(text) : undefined
  return count === undefined ? fail(`"${text}" is no count; write all, or 5`) : ok(count)
}

const TestCalls = z.strictObject({
  numbers: written(
    parseNumbersWanted,
    'how many of the site’s numbers are called within the window: all, or a count',
  ).default(usualNumbers),
  bothWays: z
    .boolean()
    .default(false)
    .meta({ description: 'media both ways; refused until this version can send and hear media' }),
  atLeast: limitIn('ratio', '100%').default(1),
  ...common,
  minimumSample: z.int().positive().default(1),
  veto: z.boolean().default(true),
})

type Check = ReturnType<typeof checkOf> | typeof TestCalls

const checks: Record<string, z.ZodOptional<Check>> = Object.fromEntries([
  ...Object.entries(metrics).map(([name, metric]) => [name, checkOf(metric).optional()] as const),
  ['test_calls', TestCalls.optional()] as const,
])

const Checks = z
  .strictObject(checks)
  .meta({ description: 'checks by metric (section M), or test_calls' })

export const Gate = z.strictObject({
  mode: z.enum(['all', 'weighted']).default('all'),
  minimumScore: written(parsePercentText, 'least score of a weighted gate: 90%').default(
    percent(100),
  ),
  checks: Checks,
  hold: z
    .strictObject({
      longest: written(parseDurationText, 'how long it may hold: 30m').default(ms(30 * 60_000)),
      owner: text('who decides while it holds'),
      then: z.enum(['rollBack', 'stay']).default('rollBack'),
    })
    .meta({ description: 'what happens while data is missing: longest, owner, then' }),
})
