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
