import { ChangeoverError } from '../kernel/errors.ts'

/**
 * The command's arguments can't be used.
 *
 * To do: `changeover help <command>` shows what it takes.
 */
export class UsageError extends ChangeoverError {
  readonly code = 'cli.usage'
  readonly remedy = 'operator'
}

/**
 * The plan has no wave of this name.
 *
 * To do: take one of the names that the message lists.
 */
export class UnknownWaveError extends ChangeoverError {
  readonly code = 'plan.unknown-wave'
  readonly remedy = 'operator'

  constructor(wave: string, known: readonly string[]) {
    super(`the plan has no wave ${wave}; it has ${known.join(', ')}`, { details: { wave, known } })
  }
}
