import { z } from 'zod'
import {
  ForbiddenError,
  NotFoundError,
  PlatformConflictError,
  RateLimitedError,
  UnauthorisedError,
  UnexpectedAnswerError,
  UnreachableError,
} from '../../features/platform/index.ts'
import type { ChangeoverError } from '../../kernel/errors.ts'
import type { HttpResponse } from '../../protocols/http/transport.ts'
import { blankSecrets, excerptOf, parsedJson } from './redact.ts'

/** What vendors commonly say of a failure; nothing of it is promised. */
const problemBody = z.object({
  message: z.string().optional().catch(undefined),
  code: z.union([z.string(), z.number()]).optional().catch(undefined),
  messageParams: z.record(z.string(), z.unknown()).optional().catch(undefined),
})

/** One request as messages name it. */
export interface Asked {
  /** `GET /architect/ivrs`: without query, without host. */
  readonly what: string
  /** Those of now: what signs in may have been fetched, or renewed, since the call began. */
  readonly secrets: readonly string[]
}

/** Turns an answer that is not a success into one of the closed set of platform errors. */
export function errorOfAnswer(answer: HttpResponse, asked: Asked): ChangeoverError {
  const problem = problemOf(answer, asked)
  const { status } = answer
  const text = `${asked.what}: ${status}${problem.message === '' ? '' : `, ${problem.message}`}`
  const facts = { details: problem.details }
  if (status === 401)
    return new UnauthorisedError(`${text}; the credentials are not accepted`, facts)
  if (status === 403) return new ForbiddenError(`${text}${missing(problem.permission)}`, facts)
  if (status === 404) return new NotFoundError(text, facts)
  if (isConflict(status, `${problem.code} ${problem.message}`))
    return new PlatformConflictError(`${text}; it was changed by somebody else`, facts)
  if (status === 429) return new RateLimitedError(text, facts)
  if (status === 408) return new UnreachableError(text, facts)
  return new UnexpectedAnswerError(`${text}: ${excerptOf(answer.body, asked.secrets)}`, facts)
}

/** A success whose body is not what the vendor's documentation promises. */
export function malformedAnswer(
  answer: HttpResponse,
  asked: Asked,
  problems: readonly string[],
): UnexpectedAnswerError {
  return new UnexpectedAnswerError(
    `${asked.what}: ${answer.status}, but ${problems.slice(0, 3).join('; ')}: ${excerptOf(answer.body, asked.secrets)}`,
    { details: { status: answer.status, problems: problems.slice(0, 10) } },
  )
}

function problemOf(answer: HttpResponse, asked: Asked) {
  const parsed = problemBody.safeParse(parsedJson(answer.body))
  const body = parsed.success ? parsed.data : {}
  const message = blankSecrets(body.message ?? '', asked.secrets).slice(0, 300)
  const permission = body.messageParams?.['permissions']
  const correlation = answer.headers['inin-correlation-id']
  const details = {
    status: answer.status,
    ...(body.code === undefined ? {} : { vendorCode: blanked(body.code, asked) }),
    ...(correlation === undefined ? {} : { correlation }),
  }
  return {
    message,
    code: String(body.code ?? ''),
    permission: typeof permission === 'string' ? blankSecrets(permission, asked.secrets) : '',
    details,
  }
}

function blanked(code: string | number, { secrets }: Asked): string | number {
  return typeof code === 'string' ? blankSecrets(code, secrets) : code
}

function missing(permission: string): string {
  return permission === '' ? '' : `; missing permission: ${permission}`
}

/** Genesys answers a stale `version` with 400 or 409, recognisable by the word (contract §2.1). */
function isConflict(status: number, words: string): boolean {
  return status === 409 || status === 412 || (status === 400 && /version/i.test(words))
}
