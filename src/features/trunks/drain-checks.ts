import { z } from 'zod'
import { type CheckStep, defineCheck, type Verification } from '../../engine/step.ts'
import { later, ms } from '../../kernel/units.ts'
import type { Platforms } from '../platform/index.ts'
import { type PlatformContext, platformInput } from './trunk-input.ts'

const Drain = z.object({
  platform: platformInput,
  /** Only calls to these; empty means all. */
  numbers: z.array(z.string()),
  /** How long calls may last before a person is asked. */
  longest: z.number().positive().transform(ms),
})
type Drain = z.output<typeof Drain>

/** Waits until the last call has ended at the source, which lost selection. */
export const sourceDrainCheck = defineDrain('source.drain', 'source')

/** On the way back: waits until the last call has ended at the target, before it is disarmed. */
export const targetDrainCheck = defineDrain('target.drain', 'target')

function defineDrain<Kind extends string>(
  kind: Kind,
  side: string,
): CheckStep<Kind, Drain, { readonly platforms: Platforms }> {
  return defineCheck({
    kind,
    type: 'check',
    input: Drain,
    describe: ({ platform }: Drain) => `wait until no call is up at ${platform}, the ${side}`,
    estimate: () => ms(10 * 60_000),
    // Cutting somebody off is a person's decision, so the run stays where it is.
    patience: ({ longest }) => ({ longest, owner: 'operator', then: 'stay' }),

    async verify(input, { ports, signal, clock }: PlatformContext): Promise<Verification> {
      const up = await ports.platforms
        .port(input.platform, 'liveCalls')
        .count(input.numbers, signal)
      if (up === 0) return { kind: 'verified', seen: `no call is up at ${input.platform}` }
      const because = `${up} ${up === 1 ? 'call is' : 'calls are'} up at ${input.platform}`
      return { kind: 'not-yet', because, lookAgainAt: later(clock.now(), ms(15_000)) }
    },
  })
}
