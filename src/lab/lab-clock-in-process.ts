import { type Driven, playEvents } from './sleepers.ts'

/** Turns of the event loop without a sign of work before everybody is taken to be waiting for time. */
const idleTurns = 4
/** Turns after which whatever is busy is taken to wait for time itself: a look-up that runs into its timeout. */
const stuckTurns = 200
/** World events between two looks at the event loop. */
const eventsPerTurn = 2000

/**
 * Moves on to the product's next wait whenever the product is idle, firing every world event on the way.
 *
 * While the product waits for no time at all, time stands still: then it works, or is done.
 */
export function driveInProcess(driven: Driven): () => void {
  const { sleepers, isBusy } = driven
  let isStopped = false
  let idle = 0
  let seen = sleepers.changes()

  const turn = () => {
    if (isStopped) return
    idle = sleepers.changes() === seen ? idle + 1 : 0
    seen = sleepers.changes()
    if (idle >= (isBusy() ? stuckTurns : idleTurns) && moveOn(driven) !== 'more') idle = 0
    setImmediate(turn)
  }
  setImmediate(turn)
  return () => {
    isStopped = true
  }
}

function moveOn(driven: Driven): 'arrived' | 'busy' | 'more' {
  const wake = driven.sleepers.nextWake()
  if (wake === undefined) return 'arrived'
  return playEvents(driven, wake, driven.isBusy() ? 1 : eventsPerTurn)
}
