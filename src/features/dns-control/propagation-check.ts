import { z } from 'zod'
import { defineCheck, type Verification } from '../../engine/step.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { later, ms, msOf, since } from '../../kernel/units.ts'
import { judgePropagation } from './judge-propagation.ts'
import {
  type DnsContext,
  readRecord,
  recordInput,
  sameValues,
  secondsInput,
} from './record-input.ts'

const values = z.array(z.string().min(1)).min(1)
const Propagation = z.object({
  ...recordInput,
  /** TTL that caches were given with the answer from before. */
  ttl: secondsInput,
  /** A longer one that some may have been given: the everyday TTL, put back before the run went back. */
  everyday: secondsInput.optional(),
  /** What the world sees once the run has gone forward. */
  forward: values,
  /** What it sees once the run has gone back; without it: what the primary then holds, if it isn't `forward`. */
  back: values.optional(),
  /** Lag beyond this pauses the wave (W1.3). */
  limit: z.number().positive().transform(ms),
  /** Resolvers that must agree, at least (W1.3). */
  resolvers: z.number().int().nonnegative(),
})
type Propagation = z.output<typeof Propagation>

/** How often servers are asked while an answer spreads. */
const every = ms(15_000)
/** Added to the TTL before a resolver is called one that ignores it. */
const margin = ms(30_000)

/** Follows a changed record to every authoritative server, then through the resolvers' caches (W1.3). */
export const propagationCheck = defineCheck({
  kind: 'dns.propagation',
  type: 'check',
  input: Propagation,
  describe: ({ record, type }: Propagation) =>
    `watch ${record} ${type} reach every authoritative server and the resolvers`,
  estimate: ({ ttl }) => msOf(ttl),
  // The check holds by itself at its limit; this only bounds what it does not see.
  patience: ({ limit }) => ({ longest: ms(2 * limit), owner: 'dns', then: 'stay' }),

  async verify(input, context: DnsContext): Promise<Verification> {
    const expected = await readExpected(input, context)
    if (expected === undefined)
      return { kind: 'not-yet', because: `the primary still serves ${input.forward.join(', ')}` }
    const { observer } = context.ports.dns
    const [authoritative, resolvers] = await Promise.all([
      observer.askAuthoritative(input.record, input.type, context.signal),
      observer.askResolvers(input.record, input.type, context.signal),
    ])
    const now = context.clock.now()
    const elapsed = since(context.startedAt, now)
    const { kind, seen } = judgePropagation({
      expected,
      authoritative,
      resolvers,
      elapsed,
      honestUntil: ms(msOf(input.ttl) + margin),
      ...(input.everyday === undefined ? {} : { everydayUntil: ms(msOf(input.everyday) + margin) }),
      limit: input.limit,
      minimum: input.resolvers,
    })
    if (kind === 'everywhere') return { kind: 'verified', seen }
    if (kind === 'wait') return { kind: 'not-yet', because: seen, lookAgainAt: later(now, every) }
    const because = `not everywhere after ${formatDuration(elapsed)}: ${seen}`
    const then = context.direction === 'forward' ? 'roll-back' : 'stay'
    return { kind: 'hold', because, hold: { longest: ms(30 * 60_000), owner: 'dns', then } }
  },
})

async function readExpected(
  input: Propagation,
  context: DnsContext,
): Promise<readonly string[] | undefined> {
  if (context.direction === 'forward') return input.forward
  if (input.back !== undefined) return input.back
  const { values: held } = await readRecord(input, context)
  return sameValues(held, input.forward) ? undefined : held
}
