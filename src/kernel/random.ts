/** Seeded chance: the same seed draws the same numbers, so that a run can be repeated. */
export interface Random {
  /** From 0 to 1, exclusive. */
  next(): number
  /** Whole number from 0 to `below`, exclusive. */
  integer(below: number): number
}

/** mulberry32: 32 bits of state, good enough for arrivals and jitter, never for secrets. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return { next, integer: (below) => Math.floor(next() * below) }
}
