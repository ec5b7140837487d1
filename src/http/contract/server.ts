import { z } from 'zod'

export const Health = z.object({ status: z.enum(['ready', 'not-ready']) })
export type Health = z.output<typeof Health>

/** What a server says of itself to whoever has its token. */
export const ServerFacts = z.object({
  version: z.string(),
  pid: z.number(),
  startedAt: z.number(),
  database: z.string().describe('Which database it works on, without user and password'),
})
export type ServerFacts = z.output<typeof ServerFacts>

/** Body of every answer that is an error. */
export const ErrorBody = z.object({
  error: z.object({
    code: z.string().describe('Stable; docs/errors.md says what to do'),
    remedy: z.enum(['retry', 'wait', 'operator', 'bug']),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
  }),
})
export type ErrorBody = z.output<typeof ErrorBody>
