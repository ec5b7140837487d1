import type { RtpHeader } from './packet.ts'

/** What is known of a packet beside its header. */
export interface RtpArrival {
  /** In milliseconds, with fractions, of any clock that does not jump; absent where it was not written down. */
  readonly at?: number
  /** Ticks per second of this packet's timestamp; absent where nobody has said, or where timestamps stand still. */
  readonly clockRate?: number
  /** Comfort noise: sent now and then, so neither its wait nor the next one's says anything about the network. */
  readonly isComfortNoise?: boolean
}

/** Milliseconds. */
export interface Spread {
  readonly least: number
  readonly mean: number
  readonly most: number
}

export interface RtpReception {
  /** Duplicates included, as RFC 3550 counts. */
  readonly received: number
  readonly expected: number
  /** `expected - received`; below zero where packets came twice (RFC 3550 A.3). */
  readonly lost: number
  readonly duplicates: number
  /** Packets that came after one with a later number. */
  readonly reordered: number
  /** Times between two packets; absent with fewer than two. */
  readonly delta?: Spread
  /** The estimate of RFC 3550 A.8 as it was at each packet; absent where no clock is known. */
  readonly jitter?: Spread
}

/** Follows one source: packets of one SSRC from one address to another, in the order of their arrival. */
export interface RtpReceiver {
  packet(header: RtpHeader, arrival: RtpArrival): void
  reception(): RtpReception
}

const cycle = 0x1_0000
/** RFC 3550 A.1: a jump ahead that is still loss; beyond it, and not just behind, the sender has begun anew. */
const maximumDropout = 3000
const maximumMisorder = 100

export function createRtpReceiver(): RtpReceiver {
  const numbers = followNumbers()
  const delta = createSpread()
  const jitter = createSpread()
  let last: Timed | undefined
  let lastAt: number | undefined
  let isAfterNoise = false
  let before = 0
  let estimate = 0
  const estimateJitter = (timed: Timed) => {
    if (last !== undefined) estimate += (Math.abs(transitChange(last, timed)) - estimate) / 16
    const isFirst = last === undefined
    last = timed
    return !isFirst
  }
  return {
    packet(header, { at, clockRate, isComfortNoise = false }) {
      numbers.take(header.sequence)
      if (at === undefined) return
      // The first of a talkspurt, and what follows comfort noise, come after a silence: that is nobody's delay.
      const isRegular = !(header.marker || isComfortNoise || isAfterNoise)
      if (lastAt !== undefined && isRegular) delta.add(at - lastAt, before)
      if (clockRate !== undefined) {
        const isEstimated = estimateJitter({ at, timestamp: header.timestamp, clockRate })
        if (isEstimated && isRegular) jitter.add(estimate, before)
      }
      lastAt = at
      isAfterNoise = isComfortNoise
      before += 1
    },
    reception() {
      const spreads = { delta: delta.spread(), jitter: jitter.spread() }
      return {
        ...numbers.counts(),
        ...(spreads.delta === undefined ? {} : { delta: spreads.delta }),
        ...(spreads.jitter === undefined ? {} : { jitter: spreads.jitter }),
      }
    },
  }
}

interface Timed {
  readonly at: number
  readonly timestamp: number
  readonly clockRate: number
}

/** How much longer this packet was on its way than the last, in milliseconds; timestamps wrap. */
function transitChange(last: Timed, { at, timestamp, clockRate }: Timed): number {
  const ticks = (timestamp - last.timestamp) | 0
  return at - last.at - ticks / (clockRate / 1000)
}

/** Numbers extended over their wraps: what is expected runs from the first to the highest one (RFC 3550 A.1, A.3). */
function followNumbers() {
  let received = 0
  let expectedBefore = 0
  let base = 0
  let highest = 0
  let duplicates = 0
  let reordered = 0
  let recent = createSeen()
  /** The number that would prove, as the next in turn, that the sender has begun anew. */
  let restart: number | undefined
  const begin = (sequence: number) => {
    base = sequence
    highest = sequence
    recent = createSeen()
    recent.add(sequence)
  }
  const takeAhead = (ahead: number) => {
    highest += ahead
    recent.add(highest)
    restart = undefined
  }
  const takeLate = (behind: number) => {
    if (recent.has(highest - behind)) duplicates += 1
    else reordered += 1
    recent.add(highest - behind)
    restart = undefined
  }
  const takeFar = (sequence: number) => {
    if (sequence === restart) {
      // The one before it, which was counted already, is where the sender began anew.
      expectedBefore += highest - base + 1
      begin(sequence - 1)
      takeAhead(1)
    } else restart = (sequence + 1) & 0xffff
  }
  const takeNext = (sequence: number) => {
    const ahead = (sequence - highest) & 0xffff
    const behind = (cycle - ahead) & 0xffff
    if (ahead > 0 && ahead < maximumDropout) takeAhead(ahead)
    else if (behind <= maximumMisorder) takeLate(behind)
    else takeFar(sequence)
  }
  return {
    take(sequence: number) {
      if (received === 0) begin(sequence)
      else takeNext(sequence)
      received += 1
    },
    counts() {
      const expected = received === 0 ? 0 : expectedBefore + highest - base + 1
      return { received, expected, lost: expected - received, duplicates, reordered }
    },
  }
}

/** The numbers of the last packets, as far back as one may come late. */
function createSeen() {
  const slots = new Int32Array(128).fill(-1)
  return {
    has: (extended: number) => slots[extended & 127] === extended,
    add(extended: number) {
      slots[extended & 127] = extended
    },
  }
}

function createSpread() {
  let least = Number.POSITIVE_INFINITY
  let mean = 0
  let most = 0
  return {
    /** `before`: packets that came before this one. One that was left out weighs as the mean did then. */
    add(value: number, before: number) {
      least = Math.min(least, value)
      most = Math.max(most, value)
      mean += (value - mean) / before
    },
    spread: (): Spread | undefined =>
      least === Number.POSITIVE_INFINITY ? undefined : { least, mean, most },
  }
}
