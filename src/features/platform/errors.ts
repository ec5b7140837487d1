import { ChangeoverError } from '../../kernel/errors.ts'
import type { PlatformId } from '../../kernel/ids.ts'
import type { Capability } from './ports.ts'

/*
 * The closed set into which every adapter turns its vendor's failures. `details` carries what the vendor
 * said (status, code, correlation id), never a header or a body that may hold a secret.
 */

interface Facts {
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/**
 * The platform does not accept our credentials.
 *
 * To do: check the client id and secret that the plan refers to; nothing was changed.
 */
export class UnauthorisedError extends ChangeoverError {
  readonly code = 'platform.unauthorised'
  readonly remedy = 'operator'
}

/**
 * The credentials are good, but lack a right that this call needs; the message names it.
 *
 * To do: give the right to the client's role, then `changeover retry <run>`.
 */
export class ForbiddenError extends ChangeoverError {
  readonly code = 'platform.forbidden'
  readonly remedy = 'operator'
}

/**
 * The platform has no such object.
 *
 * To do: compare the name in the plan with the platform's console.
 */
export class NotFoundError extends ChangeoverError {
  readonly code = 'platform.not-found'
  readonly remedy = 'operator'
}

/**
 * Somebody else changed the object since it was read; it was left as it is.
 *
 * To do: find out who else works on it. A step that has begun to write goes by what it had read before: put that back, then
 * `changeover retry <run>`; or `changeover rollback <run>`. With something else there each retry ends the same way.
 */
export class PlatformConflictError extends ChangeoverError {
  readonly code = 'platform.conflict'
  readonly remedy = 'operator'
}

/**
 * The platform's rate limit is used up; the adapter had already waited as long as it may.
 *
 * To do: nothing; the engine tries again after the time that the platform named.
 */
export class RateLimitedError extends ChangeoverError {
  readonly code = 'platform.rate-limited'
  readonly remedy = 'wait'
}

/**
 * The platform was not reached, or did not answer in time. Whether a write arrived is unknown until it is read back.
 *
 * To do: nothing at first; the engine tries again. If it lasts: the platform's status page, your firewall.
 */
export class UnreachableError extends ChangeoverError {
  readonly code = 'platform.unreachable'
  readonly remedy = 'retry'
}

/**
 * The platform answered with something that its own documentation does not allow, or with a 5xx.
 *
 * To do: nothing at first; the engine tries again. The message has an excerpt of the answer.
 */
export class UnexpectedAnswerError extends ChangeoverError {
  readonly code = 'platform.unexpected-answer'
  readonly remedy = 'retry'
}

/**
 * The platform said yes, and reading back shows that nothing changed (D10).
 *
 * To do: nothing at first; the engine tries again. If it lasts: open a ticket with the correlation id.
 */
export class NotTakenError extends ChangeoverError {
  readonly code = 'platform.not-taken'
  readonly remedy = 'retry'

  constructor(what: string, facts: Facts = {}) {
    super(`${what}: the platform answered yes, but reads back unchanged`, facts)
  }
}

/**
 * This platform has no public call for what the plan asks (D5).
 *
 * To do: use the lever that the message names: the SBC, the carrier, or a step `by: hand`.
 */
export class UnsupportedByPlatformError extends ChangeoverError {
  readonly code = 'platform.unsupported'
  readonly remedy = 'operator'

  constructor(platform: PlatformId, capability: Capability, lever: string) {
    super(`platform ${platform} can't be asked for ${capability}; ${lever}`, {
      details: { platform, capability, lever },
    })
  }
}
