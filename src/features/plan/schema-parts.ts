import { z } from 'zod'
import type { Parsed } from './parse-values.ts'

/** Text that a parser turns into a value; its sentence is what the author reads when it can't. */
export function written<Value>(parse: (text: string) => Parsed<Value>, description: string) {
  return z
    .string()
    .transform((value, context): Value => {
      const parsed = parse(value)
      if (parsed.ok) return parsed.value
      context.addIssue({ code: 'custom', message: parsed.problem })
      return z.NEVER
    })
    .meta({ description })
}

export function text(description: string) {
  return z
    .string()
    .refine((value) => value.trim() !== '', 'is empty')
    .meta({ description })
}

/** What a plan's parts are called: short, and safe in a file name, a journal and a shell. */
export const Name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'a name has letters, digits, - and _')
  .meta({ description: 'a name' })
