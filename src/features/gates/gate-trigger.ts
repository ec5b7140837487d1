import { z } from 'zod'
import { defineCheck, type Verification } from '../../engine/step.ts'
import { ms } from '../../kernel/units.ts'
import { decideTrigger } from './decide-trigger.ts'
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
 * Watches the wave's rollback trigger from selection on (W4.2): failed when it is surely true.
 *
 * Beyond its limit but not surely so, or without data, it keeps watching, says so, and every gate holds.
 */
export const gateTriggerCheck = defineCheck({
  kind: 'gate.trigger',
  type: 'check',
  input: GateTrigger,
  describe: ({ expression }: GateTrigger) => `go back when ${expression}`,
  estimate: () => ms(1000),

  async verify(input, context: TriggerContext): Promise<Verification> {
    const trigger = context.ports.triggers.compile(input.expression)
    const period = { from: context.startedAt, to: context.clock.now() }
    const looks = []
    for (const metric of trigger.metrics) {
      const question = { metric, scope: input.scope, ...period }
      looks.push({ metric, reading: await context.ports.metrics.read(question, context.signal) })
    }
    const { kind, seen } = decideTrigger(trigger, looks, input.minimumSample)
    switch (kind) {
      case 'breached':
        return { kind: 'failed', because: `${input.expression}: ${seen}` }
      case 'fine':
        return { kind: 'verified', seen }
      case 'beyond':
      case 'no-data':
        return { kind: 'not-yet', because: seen }
    }
  },
})
