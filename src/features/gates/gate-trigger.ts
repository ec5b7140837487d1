import { z } from 'zod'
import { defineCheck, type Verification } from '../../engine/step.ts'
import { ms } from '../../kernel/units.ts'
import { decideRate, figureOf } from './decide-rate.ts'
import { scopeInput, type TriggerContext } from './gate-input.ts'

const GateTrigger = z.object({
  /** CEL over the metrics of section M: true rolls back. */
  expression: z.string().min(1),
  scope: scopeInput,
  /** Fewer samples than this is no data: one bad call of three is no 33 % (D17). */
  minimumSample: z.number().int().nonnegative(),
})
type GateTrigger = z.output<typeof GateTrigger>

/**
 * Watches the wave's rollback trigger from selection on (W4.2): failed when it is true.
 *
 * Without data it has not been asked: that stops nothing here, since the gates hold where data is missing.
 */
export const gateTriggerCheck = defineCheck({
  kind: 'gate.trigger',
  type: 'check',
  input: GateTrigger,
  describe: ({ expression }: GateTrigger) => `go back when ${expression}`,
  estimate: () => ms(1000),

  async verify(input, context: TriggerContext): Promise<Verification> {
    const trigger = context.ports.triggers.compile(input.expression)
    const values: Record<string, number> = {}
    const seen: string[] = []
    for (const metric of trigger.metrics) {
      const period = { from: context.startedAt, to: context.clock.now() }
      const question = { metric, scope: input.scope, ...period }
      const reading = await context.ports.metrics.read(question, context.signal)
      const { minimumSample } = input
      const outcome = decideRate({ metric, minimumSample, weight: 1, veto: true }, reading)
      seen.push(outcome.seen)
      if (reading.kind !== 'no-data' && outcome.kind !== 'no-data')
        values[metric] = figureOf(reading)
    }
    const answer = trigger.evaluate(values)
    if (answer === 'no-data') return { kind: 'not-yet', because: seen.join('; ') }
    if (answer) return { kind: 'failed', because: `${input.expression}: ${seen.join('; ')}` }
    return { kind: 'verified', seen: seen.join('; ') }
  },
})
