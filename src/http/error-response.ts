import { ChangeoverError, errorFacts, type Remedy } from '../kernel/errors.ts'
import type { ErrorBody } from './contract/server.ts'

/** Where the code says more than the remedy does. */
const byCode: Readonly<Record<string, number>> = {
  'http.bad-request': 400,
  'http.too-large': 413,
  'http.unauthorised': 401,
  'http.wrong-host': 421,
  'http.not-found': 404,
  'engine.run-not-found': 404,
  'engine.run-already-open': 409,
  'plan.refused': 409,
  'plan.invalid': 422,
  'plan.unreadable': 422,
  'plan.unknown-wave': 422,
  'config.secret-missing': 422,
  'dns.unreachable': 502,
  'platform.unreachable': 502,
}

/** Worth trying again: 503; somebody has to act first: 409; ours: 500. */
const byRemedy: Readonly<Record<Remedy, number>> = {
  retry: 503,
  wait: 503,
  operator: 409,
  bug: 500,
}

export interface ErrorResponse {
  readonly status: number
  readonly body: ErrorBody
}

/** Turns anything thrown into an answer. What we did not throw on purpose is not shown: it may quote anything. */
export function errorResponse(thrown: unknown): ErrorResponse {
  const { code, remedy, message, details } = errorFacts(thrown)
  if (!(thrown instanceof ChangeoverError)) {
    const unexpected = 'something unexpected went wrong; the server’s own output says what'
    return { status: 500, body: { error: { code, remedy, message: unexpected, details: {} } } }
  }
  const status = byCode[code] ?? byRemedy[remedy]
  return { status, body: { error: { code, remedy, message, details: { ...details } } } }
}
