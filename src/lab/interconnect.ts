import type { OfferedCall } from './estate.ts'

/** The trunk between both platforms: calls that one gave to the other, so many at once and no more. */
export interface Interconnect {
  /** A session for this call; false when all are taken. */
  take(call: OfferedCall): boolean
  free(call: OfferedCall): void
  isFull(): boolean
  /** Most sessions that were up at once, and calls that found none. */
  most(): number
  refused(): number
}

export function createInterconnect(maxSessions: number): Interconnect {
  const sessions = new Set<string>()
  let most = 0
  let refused = 0
  const isFull = () => sessions.size >= maxSessions
  return {
    take({ id }) {
      if (isFull()) {
        refused += 1
        return false
      }
      sessions.add(id)
      most = Math.max(most, sessions.size)
      return true
    },
    free: ({ id }) => void sessions.delete(id),
    isFull,
    most: () => most,
    refused: () => refused,
  }
}
