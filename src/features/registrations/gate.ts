import type { WireClock } from '../../kernel/clock.ts'
import { ms } from '../../kernel/units.ts'
import { nextTurn } from './pace.ts'
import type { RequestPart } from './ports.ts'

/** Where every request waits for its turn: one for the whole estate. */
export interface Gate {
  /** Resolves when it may leave; rejects when it is sent away. Proofs go before first requests: their nonce grows old. */
  pass(part: RequestPart): Promise<void>
  /** Sends away all who wait now. */
  dismiss(reason: unknown): void
  /** Something left without having asked, a repetition: it takes the turn of one that waits. */
  spend(): void
  setRate(rate: number): void
  /** Nobody is let through any more. */
  close(): void
}

interface Waiting {
  readonly letIn: () => void
  readonly sendAway: (reason: unknown) => void
}

export function createGate(clock: WireClock, initialRate: number): Gate {
  const queues: Readonly<Record<RequestPart, Waiting[]>> = { proof: [], first: [] }
  const closed = new AbortController()
  let rate = initialRate
  let turn = clock.now()
  let serving = false

  const isAwaited = () => queues.proof.length + queues.first.length > 0
  const serve = async () => {
    serving = true
    try {
      while (isAwaited()) {
        const wait = turn - clock.now()
        // Turns may have moved meanwhile: looked at again after each sleep.
        if (wait > 0) await clock.sleep(ms(Math.ceil(wait)), closed.signal)
        else letThrough()
      }
    } catch (error) {
      if (!closed.signal.aborted) throw error
    } finally {
      // In the same turn as the last look: whoever comes after it wakes us again.
      serving = false
    }
  }
  const letThrough = () => {
    turn = nextTurn(turn, clock.now(), rate)
    const head = queues.proof.shift() ?? queues.first.shift()
    head?.letIn()
  }
  return {
    pass: (part) =>
      new Promise((letIn, sendAway) => {
        queues[part].push({ letIn, sendAway })
        if (!serving && !closed.signal.aborted) void serve()
      }),
    dismiss(reason) {
      const waiting = [...queues.proof.splice(0), ...queues.first.splice(0)]
      for (const { sendAway } of waiting) sendAway(reason)
    },
    spend() {
      turn = nextTurn(turn, clock.now(), rate)
    },
    setRate(given) {
      rate = given
    },
    close: () => closed.abort(),
  }
}
