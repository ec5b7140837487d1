import { z } from 'zod'
import { durationInput, holdInput } from '../../engine/hold-input.ts'
import { defineCheck, type Verification } from '../../engine/step.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { invariant } from '../../kernel/invariant.ts'
import { isNonEmpty, type NonEmpty } from '../../kernel/non-empty.ts'
import { epochMs, later, ms, percent, since } from '../../kernel/units.ts'
import { decideRate } from './decide-rate.ts'
import { decideVerdict } from './decide-verdict.ts'
import { type MetricsContext, scopeInput } from './gate-input.ts'
import type { CheckOutcome } from './verdict.ts'

const checkInput = z.object({
  metric: z.string().min(1),
  atLeast: z.number().optional(),
  atMost: z.number().optional(),
  window: durationInput,
  minimumSample: z.number().int().nonnegative(),
  weight: z.number().positive(),
  veto: z.boolean(),
  /** Of test calls: how many of the site's numbers are to be called. */
  numbers: z.union([z.literal('all'), z.number().int().positive()]).optional(),
})

const GateCheck = z.object({
  gate: z.string().min(1),
  mode: z.enum(['all', 'weighted']),
  minimumScore: z.number().min(0).max(100).transform(percent),
  checks: z.tuple([checkInput], checkInput),
  hold: holdInput,
  /** Watched at least this long: a go before that is not yet a go. */
  soak: durationInput,
  scope: scopeInput,
})
type GateCheck = z.output<typeof GateCheck>

const every = ms(30_000)

/**
 * Judges a gate: go once it has been watched long enough, no-go at once, hold where data is missing (promise 2).
 * A guard of the run that has no data, or sees its limit passed if not surely so, holds it too.
 */
export const gateCheck = defineCheck({
  kind: 'gate.check',
  type: 'check',
  input: GateCheck,
  describe: ({ gate, checks, soak }: GateCheck) =>
    `gate ${gate} over ${formatDuration(soak)}: ${checks.map(({ metric }) => metric).join(', ')}`,
  estimate: ({ soak }) => soak,
  // The gate says `hold` itself once its soak is over; this only bounds what never gets so far.
  patience: ({ soak, hold }) => ({ ...hold, longest: ms(soak + hold.longest) }),

  async verify(input, context: MetricsContext): Promise<Verification> {
    const outcomes = await askAll(input, context)
    const verdict = decideVerdict(outcomes, input)
    const seen = outcomes.map((outcome) => outcome.seen).join('; ')
    const now = context.clock.now()
    const left = ms(input.soak - since(context.startedAt, now))
    const lookAgainAt = later(now, ms(Math.min(every, Math.max(1000, left))))
    if (verdict.kind === 'no-go') {
      const broken = outcomes.filter(({ kind }) => kind === 'breached').map((one) => one.seen)
      return { kind: 'failed', because: `no-go: ${broken.join('; ')}` }
    }
    if (left > 0) {
      const because = `${formatDuration(left)} of the soak left: ${seen}`
      return { kind: 'not-yet', because, lookAgainAt }
    }
    if (verdict.kind === 'hold') {
      const because = `not enough data for ${verdict.missing.join(', ')}: ${seen}`
      return { kind: 'hold', because, hold: input.hold }
    }
    const silent = context.guards.filter((guard) => guard.verdict !== 'verified')
    if (silent.length > 0) {
      const because = silent.map((guard) => `${guard.title}: ${guard.seen}`).join('; ')
      return { kind: 'hold', because: `not all is well with the ${because}`, hold: input.hold }
    }
    return { kind: 'verified', seen: `go, score ${Math.round(verdict.score)}: ${seen}` }
  },
})

async function askAll(input: GateCheck, context: MetricsContext): Promise<NonEmpty<CheckOutcome>> {
  const to = context.clock.now()
  const outcomes: CheckOutcome[] = []
  for (const check of input.checks) {
    // What was before the stage says nothing about it.
    const from = epochMs(Math.max(context.startedAt, to - check.window))
    const { metric, numbers } = check
    const question = { metric, numbers, scope: input.scope, from, to }
    const reading = await context.ports.metrics.read(question, context.signal)
    outcomes.push(decideRate(check, reading))
  }
  invariant(isNonEmpty(outcomes), 'a gate has at least one check')
  return outcomes
}
