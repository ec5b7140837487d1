/** Whether doing the same thing again can help, and who has to act first. */
export const remedies = ['retry', 'wait', 'operator', 'bug'] as const
export type Remedy = (typeof remedies)[number]

/**
 * Base of every error thrown on purpose.
 *
 * `code` is public and stable: the API, the CLI and `docs/errors.md` show it.
 * `details` holds facts, never secrets; `cause` keeps the error underneath.
 */
export abstract class ChangeoverError extends Error {
  abstract readonly code: string
  abstract readonly remedy: Remedy
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    message: string,
    options: { details?: Readonly<Record<string, unknown>>; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = new.target.name
    this.details = options.details ?? {}
  }
}

/** What is kept of an error once it leaves the process: in the journal, in the API, in a log. */
export interface ErrorFacts {
  readonly code: string
  readonly remedy: Remedy
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}

/** Facts of anything that was thrown; what we did not throw ourselves is a bug until proved otherwise. */
export function errorFacts(thrown: unknown): ErrorFacts {
  if (thrown instanceof ChangeoverError) {
    const { code, remedy, message, details } = thrown
    return { code, remedy, message, details }
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return { code: 'internal.unexpected', remedy: 'bug', message, details: {} }
}
