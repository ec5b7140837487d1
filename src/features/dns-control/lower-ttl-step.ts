import { z } from 'zod'
import { defineStep } from '../../engine/step.ts'
import { ms, seconds } from '../../kernel/units.ts'
import {
  ttlEffect,
  ttlForeseen,
  ttlFoundOtherwise,
  ttlWayBack,
  undoTtl,
  verifyTtl,
  verifyTtlUndone,
} from './change-ttl.ts'
import type { RecordSet } from './ports.ts'
import { type DnsContext, readRecord, recordInput, secondsInput } from './record-input.ts'

/** Below this, providers rate-limit and resolvers thrash (W1.1). */
const lowestTtl = seconds(60)

const LowerTtl = z
  .object({
    ...recordInput,
    ttl: secondsInput,
    /** Why a TTL under 60 s is wanted all the same. */
    override: z.string().min(1).optional(),
  })
  .refine(({ ttl, override }) => ttl >= lowestTtl || override !== undefined, {
    message: `a TTL under ${lowestTtl} s needs an override with a reason`,
    path: ['ttl'],
  })
type LowerTtl = z.output<typeof LowerTtl>

/** Lowers a record's TTL ahead of a cutover, so that caches let go of it sooner (W1.1). */
export const lowerTtlStep = defineStep({
  kind: 'dns.lower-ttl',
  type: 'change',
  reversibility: 'instant',
  input: LowerTtl,
  cost: () => 8,
  describe: ({ record, type, ttl }) => `lower the TTL of ${record} ${type} to ${ttl} s`,
  estimate: () => ms(10_000),
  estimateUndo: () => ms(10_000),
  patience: () => ({ longest: ms(15 * 60_000), owner: 'dns', then: 'stay' }),

  observe: (input: LowerTtl, context: DnsContext): Promise<RecordSet> => readRecord(input, context),
  isDone: (input, { ttl }) => ttl <= input.ttl,
  effect: ttlEffect,
  leaves: {
    thing: ({ record, type }) => `TTL of ${record} ${type}`,
    after: ({ ttl }, before) => ({ ...before, ttl }),
  },
  foreseen: ttlForeseen,
  act: (input, before, context) =>
    context.ports.dns
      .provider(input.record)
      .replaceRecord(before, { ...before, ttl: input.ttl }, context),
  // Verified only once the last authoritative server agrees: what waits for caches counts from here (D1).
  verify: (input, context) => verifyTtl(input, (ttl) => ttl <= input.ttl, context),
  wayBack: ttlWayBack,
  undo: undoTtl,
  verifyUndone: verifyTtlUndone,
  foundOtherwise: (input, { direction, before }, context) =>
    ttlFoundOtherwise(
      input,
      (ttl) => (direction === 'forward' ? ttl <= input.ttl : ttl === before.ttl),
      context,
    ),
})
