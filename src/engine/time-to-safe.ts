import { type Milliseconds, ms } from '../kernel/units.ts'
import { turnBackAsFound } from './promoted-state.ts'
import type { RunState } from './run-state.ts'
import type { StepList } from './step-list.ts'
import { wayBack } from './visits.ts'

/** How long it would take, were the run rolled back now, until its last undo is verified (X4). World time. */
export function timeToSafe(state: RunState, steps: StepList): Milliseconds {
  // What lost commits have made is taken back too.
  const visits = wayBack({ ...state, ...turnBackAsFound(state) })
  return ms(
    visits.reduce((sum, planned) => {
      const { definition, input } = steps.bind(planned)
      if (definition.type === 'check') return sum + definition.estimate(input)
      return (
        sum + (definition.reversibility === 'irreversible' ? 0 : definition.estimateUndo(input))
      )
    }, 0),
  )
}
