import { ChangeoverError } from '../../kernel/errors.ts'

/**
 * The plan has no wave of this name.
 *
 * To do: `changeover plan show` lists the waves of the plan.
 */
export class NoSuchWaveError extends ChangeoverError {
  readonly code = 'waves.no-such-wave'
  readonly remedy = 'operator'

  constructor(wave: string, known: readonly string[]) {
    super(`the plan has no wave ${wave}; it has ${known.join(', ')}`, { details: { wave, known } })
  }
}

/**
 * The wave's window has closed already, so nothing was begun.
 *
 * To do: correct `window` of the wave in the plan; the year first of all.
 */
export class WindowPastError extends ChangeoverError {
  readonly code = 'waves.window-past'
  readonly remedy = 'operator'
}

/**
 * The wave cannot be compiled: a name in it leads nowhere, or a record cannot hold the target's address.
 *
 * To do: correct the plan at the place that the message names; `changeover plan check` finds the rest.
 */
export class WaveNotPossibleError extends ChangeoverError {
  readonly code = 'waves.not-possible'
  readonly remedy = 'operator'
}
