import { ChangeoverError } from '../kernel/errors.ts'

/**
 * The command's arguments can't be used.
 *
 * To do: `changeover <command> --help` shows what it takes.
 */
export class UsageError extends ChangeoverError {
  readonly code = 'cli.usage'
  readonly remedy = 'operator'
}
