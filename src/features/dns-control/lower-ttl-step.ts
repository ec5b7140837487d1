import { z } from 'zod'
import { defineStep } from '../../engine/step.ts'
import { ms, seconds } from '../../kernel/units.ts'
import { ttlChange } from './change-ttl.ts'
import { recordInput, secondsInput } from './record-input.ts'

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
  ...ttlChange((served, wanted) => served <= wanted),
  kind: 'dns.lower-ttl',
  input: LowerTtl,
  describe: ({ record, type, ttl }: LowerTtl) => `lower the TTL of ${record} ${type} to ${ttl} s`,
  patience: () => ({ longest: ms(15 * 60_000), owner: 'dns', then: 'stay' }),
})
