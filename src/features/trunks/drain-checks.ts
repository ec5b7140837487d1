import { z } from 'zod'
import { type CheckStep, defineCheck, type Verification } from '../../engine/step.ts'
import { assertNever } from '../../kernel/assert-never.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { epochMs, later, ms } from '../../kernel/units.ts'
import type { Platforms } from '../platform/index.ts'
import { decideQuiet, lookEvery } from './decide-quiet.ts'
import { type PlatformContext, platformInput } from './trunk-input.ts'

const Drain = z.object({
  platform: platformInput,
  /** Only calls to these; empty means all. */
  numbers: z.array(z.string()),
  /** How long calls may last before a person is asked. */
  longest: z.number().positive().transform(ms),
  /** For how long no call may have been up; a run that was begun before drains were quiet has none. */
  quiet: z.number().nonnegative().default(0).transform(ms),
})
type Drain = z.output<typeof Drain>

/**
 * Waits until the source, which lost selection, has been without a call for the whole quiet time: its last
 * call has ended, and nobody comes late.
 */
export const sourceDrainCheck = defineDrain('source.drain', 'source')

/** On the way back: the same of the target, before it is disarmed. */
export const targetDrainCheck = defineDrain('target.drain', 'target')

/**
 * Looks every 15 s at the calls that are up. A call that is shorter can come and go between two looks: it
 * was answered, and nothing is cut off; but a side that only ever gets such calls may count as quiet. No
 * vendor here counts arrivals by number: Kamailio's `dialog` statistics are of the whole SBC.
 */
function defineDrain<Kind extends string>(
  kind: Kind,
  side: string,
): CheckStep<Kind, Drain, { readonly platforms: Platforms }> {
  return defineCheck({
    kind,
    type: 'check',
    input: Drain,
    describe: ({ platform, quiet }: Drain) =>
      `wait until no call has been up at ${platform}, the ${side}, for ${formatDuration(quiet)}`,
    estimate: ({ quiet }) => ms(10 * 60_000 + quiet),
    // Cutting somebody off is a person's decision, so the run stays where it is.
    patience: ({ longest, quiet }) => ({
      longest: ms(longest + quiet),
      owner: 'operator',
      then: 'stay',
    }),

    async verify(input, { ports, signal, clock, remembered }: PlatformContext) {
      const up = await ports.platforms
        .port(input.platform, 'liveCalls')
        .count(input.numbers, signal)
      return verificationOf(input, { up, now: clock.now() }, remembered)
    },
  })
}

function verificationOf(
  { platform, quiet }: Drain,
  look: Parameters<typeof decideQuiet>[0],
  remembered: unknown,
): Verification {
  const found = decideQuiet(look, quiet, remembered)
  const lookAgainAt = later(look.now, lookEvery)
  switch (found.kind) {
    case 'quiet': {
      const lasting = quiet === 0 ? '' : ` since ${formatDuration(found.lasted)}`
      return { kind: 'verified', seen: `no call is up at ${platform}${lasting}` }
    }
    case 'calls': {
      const because = `${found.up} ${found.up === 1 ? 'call is' : 'calls are'} up at ${platform}`
      const wanted = quiet === 0 ? '' : `; then ${formatDuration(quiet)} without any are wanted`
      return { kind: 'not-yet', because: because + wanted, lookAgainAt }
    }
    case 'not-long-enough': {
      const lasted = formatDuration(found.lasted)
      const because = `no call at ${platform} for ${lasted}; ${formatDuration(quiet)} are wanted`
      const isOver = epochMs(Math.min(lookAgainAt, later(found.remember.since, quiet)))
      return { kind: 'not-yet', because, lookAgainAt: isOver, remember: found.remember }
    }
    default:
      return assertNever(found)
  }
}
