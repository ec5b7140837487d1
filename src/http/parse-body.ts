import type { z } from 'zod'
import { BadRequestError } from './errors.ts'

/** What a request must be, or every place where it is not; values are not repeated, they may be secret. */
export function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.length === 0 ? 'the body' : path.join('.')}: ${message}`,
  )
  throw new BadRequestError(`the request can’t be used: ${problems.join('; ')}`, {
    details: { problems },
  })
}
