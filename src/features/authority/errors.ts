import { ChangeoverError } from '../../kernel/errors.ts'

/**
 * Another run or hand-over moved the authority since it was read; nothing was changed (D3).
 *
 * To do: `changeover status` shows who holds it; then retry or roll back this run.
 */
export class AuthorityMovedError extends ChangeoverError {
  readonly code = 'authority.moved'
  readonly remedy = 'operator'

  constructor(subject: string, expected: number, found: number) {
    super(`authority of ${subject} is at epoch ${found}, not ${expected}; nothing was changed`, {
      details: { subject, expected, found },
    })
  }
}

/**
 * Callers would be sent back to a source whose trunk takes none; nothing was changed, the target keeps them (promise 1).
 *
 * To do: nothing while the run re-arms the trunk itself; else arm it at the source. The engine goes on by itself.
 */
export class SourceNotArmedError extends ChangeoverError {
  readonly code = 'authority.source-not-armed'
  readonly remedy = 'wait'

  constructor(platform: string, trunk: string) {
    super(`the source's trunk ${trunk} at ${platform} is not armed: the target keeps the callers`, {
      details: { platform, trunk, retryAfterMs: 5000 },
    })
  }
}

/**
 * Several records could not be given back to the source; the others were. Each is named with its reason.
 *
 * To do: mend what the message names, then `changeover retry <run>`.
 */
export class RecordsNotRestoredError extends ChangeoverError {
  readonly code = 'authority.records-not-restored'
  readonly remedy = 'operator'

  constructor(reasons: readonly ChangeoverError[]) {
    const all = reasons.map(({ message }) => message)
    super(`${reasons.length} records not restored: ${all.join('; ')}`, {
      cause: reasons[0],
      details: { reasons: reasons.map(({ code, message }) => ({ code, message })) },
    })
  }
}
