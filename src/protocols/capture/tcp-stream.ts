/** One direction of a TCP connection, put in order. */
export interface TcpStream {
  /** Takes a segment; returns what can be read now, in order, each byte once. */
  segment(sequence: number, payload: Uint8Array): readonly Uint8Array[]
  /** How many times bytes were given up that never came. */
  gaps(): number
}

/** What waits behind a hole at most; then the hole is passed over: the capture has lost that segment. */
const mostWaiting = 256 * 1024
const mostSegments = 512

/** @param first the number of the first byte that will be sent */
export function createTcpStream(first: number): TcpStream {
  let next = first
  let waiting: { readonly sequence: number; readonly payload: Uint8Array }[] = []
  let gaps = 0
  /** How far behind what comes next a number is; negative when it is ahead. Numbers wrap. */
  const behind = (sequence: number) => (next - sequence) | 0
  const ready = () => {
    const found: Uint8Array[] = []
    for (;;) {
      waiting = waiting.filter(({ sequence, payload }) => behind(sequence) < payload.length)
      const usable = waiting.find(({ sequence }) => behind(sequence) >= 0)
      if (usable === undefined) return found
      // What was sent again is read from where it is new.
      const fresh = usable.payload.subarray(behind(usable.sequence))
      found.push(fresh)
      next = (next + fresh.length) >>> 0
    }
  }
  return {
    segment(sequence, payload) {
      if (payload.length === 0) return []
      if (behind(sequence) === 0 && waiting.length === 0) {
        next = (next + payload.length) >>> 0
        return [payload]
      }
      waiting.push({ sequence, payload: Uint8Array.from(payload) })
      const found = ready()
      const held = waiting.reduce((sum, { payload: { length } }) => sum + length, 0)
      if (held <= mostWaiting && waiting.length <= mostSegments) return found
      gaps += 1
      const nearest = waiting.reduce((one, another) =>
        behind(one.sequence) > behind(another.sequence) ? one : another,
      )
      next = nearest.sequence
      return [...found, ...ready()]
    },
    gaps: () => gaps,
  }
}
