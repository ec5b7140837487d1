import type { Plan } from '../features/plan/index.ts'
import { ChangeoverError } from '../kernel/errors.ts'
import { type WaveId, waveId } from '../kernel/ids.ts'

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

/** @throws {UnknownWaveError} with the names that there are */
export function waveOf(plan: Plan, name: string): WaveId {
  const wave = waveId(name)
  if (plan.waves[wave] === undefined) throw new UnknownWaveError(name, Object.keys(plan.waves))
  return wave
}
