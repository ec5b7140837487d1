import type { Plan } from '../features/plan/index.ts'
import { type WaveId, waveId } from '../kernel/ids.ts'
import { UnknownWaveError } from './errors.ts'

/** @throws {UnknownWaveError} with the names that there are */
export function waveOf(plan: Plan, name: string): WaveId {
  const wave = waveId(name)
  if (plan.waves[wave] === undefined) throw new UnknownWaveError(name, Object.keys(plan.waves))
  return wave
}
