import { type EpochMs, epochMs, type Milliseconds } from '../kernel/units.ts'
import type { VirtualTime } from '../kernel/virtual-clock.ts'
import type { Staff } from './agents.ts'
import type { Outcome } from './call-entry.ts'
import type { OfferedCall } from './estate.ts'

/** Queues of one platform: callers wait first come, first served, until an agent takes them or they give up. */
export interface Floor {
  enqueue(call: OfferedCall, queue: string): void
  /** Looks again who can be served: an agent came, or left. */
  serve(): void
  waiting(): number
  talking(): number
}

/** How one platform differs from the other. */
export interface FloorRules {
  readonly time: VirtualTime
  readonly staff: Staff
  readonly shortAbandon: Milliseconds
  /** Who may be offered a call of the queue now, in the order to offer. */
  readonly candidates: (queue: string) => readonly string[]
  /** Somebody works in this queue, in a call or not. */
  readonly isStaffed: (queue: string) => boolean
  /** How often to look again while somebody waits; absent where every change is told. */
  readonly lookEvery?: Milliseconds
  readonly answered: (call: OfferedCall, agent: string) => void
  readonly ended: (call: OfferedCall, outcome: Outcome) => void
}

interface Waiting {
  readonly call: OfferedCall
  readonly since: EpochMs
  /** There was somebody who could have come to the phone at some moment of the wait. */
  sawAgents: boolean
  readonly cancel: () => void
}

export function createFloor(rules: FloorRules): Floor {
  const { time, staff } = rules
  const queues = new Map<string, Waiting[]>()
  const talkingIn = new Map<string, number>()
  let isLooking = false
  const isStaffed = (queue: string) => (talkingIn.get(queue) ?? 0) > 0 || rules.isStaffed(queue)

  const talk = (call: OfferedCall, queue: string, agent: string) => {
    talkingIn.set(queue, (talkingIn.get(queue) ?? 0) + 1)
    staff.occupy(agent, call.id)
    rules.answered(call, agent)
    time.schedule(epochMs(time.now() + call.talk), () => {
      talkingIn.set(queue, (talkingIn.get(queue) ?? 1) - 1)
      rules.ended(call, 'completed')
      staff.release(agent)
    })
  }
  const serveQueue = (queue: string, line: Waiting[]) => {
    let agent = freeAgent(rules, queue)
    while (line.length > 0 && agent !== undefined) {
      const first = line.shift()
      first?.cancel()
      if (first !== undefined) talk(first.call, queue, agent)
      agent = freeAgent(rules, queue)
    }
    markSeen(line, isStaffed(queue))
  }
  const serve = () => {
    for (const [queue, line] of queues) if (line.length > 0) serveQueue(queue, line)
  }
  const keepLooking = () => {
    if (isLooking || rules.lookEvery === undefined || count(queues) === 0) return
    isLooking = true
    time.schedule(epochMs(time.now() + rules.lookEvery), () => {
      isLooking = false
      serve()
      keepLooking()
    })
  }
  const giveUp = (queue: string, one: Waiting) => {
    const line = lineOf(queues, queue)
    line.splice(line.indexOf(one), 1)
    const metSomebody = one.sawAgents || isStaffed(queue)
    rules.ended(one.call, outcomeOf(metSomebody, time.now() - one.since, rules.shortAbandon))
  }

  return {
    enqueue(call, queue) {
      const line = lineOf(queues, queue)
      const one: Waiting = {
        call,
        since: time.now(),
        sawAgents: false,
        cancel: time.schedule(epochMs(time.now() + call.patience), () => giveUp(queue, one)),
      }
      line.push(one)
      serveQueue(queue, line)
      keepLooking()
    },
    serve,
    waiting: () => count(queues),
    talking: () => [...talkingIn.values()].reduce((sum, one) => sum + one, 0),
  }
}

function freeAgent({ candidates, staff }: FloorRules, queue: string): string | undefined {
  return candidates(queue).find((user) => !staff.isBusy(user))
}

function markSeen(line: readonly Waiting[], isStaffed: boolean): void {
  if (isStaffed) for (const one of line) one.sawAgents = true
}

function lineOf(queues: Map<string, Waiting[]>, queue: string): Waiting[] {
  const line = queues.get(queue) ?? []
  queues.set(queue, line)
  return line
}

function outcomeOf(metSomebody: boolean, waited: number, shortAbandon: Milliseconds): Outcome {
  if (!metSomebody) return 'black-holed'
  return waited < shortAbandon ? 'short-abandoned' : 'abandoned'
}

function count(queues: ReadonlyMap<string, readonly Waiting[]>): number {
  let sum = 0
  for (const line of queues.values()) sum += line.length
  return sum
}
