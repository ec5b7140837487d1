import { z } from 'zod'
import { ms } from '../kernel/units.ts'

/** A length of world time in a step's input. Milliseconds. */
export const durationInput = z.number().nonnegative().transform(ms)

/** In a step's input: how long it holds, who is asked, and what happens when nobody answers (`Hold`). */
export const holdInput = z.object({
  longest: durationInput,
  owner: z.string().min(1),
  then: z.enum(['roll-back', 'stay']),
})
