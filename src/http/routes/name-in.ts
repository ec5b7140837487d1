import { z } from 'zod'
import { parseBody } from '../parse-body.ts'

const Params = z.object({ run: z.string() })

/** The run that a path names. */
export function nameIn(params: unknown): string {
  return parseBody(Params, params).run
}
