/**
 * ITU-T G.107 (06/2015), the E-model, with its default values (table 1) for everything that a packet network does
 * not change. Narrowband only: G.722 and opus are judged by G.107.1, which this is not.
 */
export interface Transmission {
  /** From mouth to ear, in milliseconds: packets, network, jitter buffer. */
  readonly delayMs: number
  /** Share of packets lost, late ones included: 0 to 1. */
  readonly loss: number
  readonly codec: CodecImpairment
}

/** What a codec takes away by itself (Ie) and how well it bears loss (Bpl), of G.113 appendix I. */
export interface CodecImpairment {
  readonly ie: number
  readonly bpl: number
}

/** G.113 (2007) appendix I, tables I.1 and I.4; G.711 with the concealment of its appendix I. */
export const codecImpairments = {
  PCMU: { ie: 0, bpl: 25.1 },
  PCMA: { ie: 0, bpl: 25.1 },
  G729: { ie: 11, bpl: 19 },
} as const satisfies Record<string, CodecImpairment>

/** Table 1: loudness of send, receive and side tone; noise; echo. dB, dBm0p, milliseconds. */
const given = {
  slr: 8,
  rlr: 2,
  stmr: 15,
  ds: 3,
  dr: 3,
  telr: 65,
  wepl: 110,
  nc: -70,
  nfor: -64,
  ps: 35,
  pr: 35,
  qdu: 1,
} as const

const decibels = (value: number) => 10 * Math.log10(value)
const power = (value: number) => 10 ** (value / 10)

/** The transmission rating R of a call: 0 to 93.2 with these defaults. */
export function rating({ delayMs, loss, codec }: Transmission): number {
  const noise = noiseFloor()
  const ro = 15 - 1.5 * (given.slr + noise)
  const percent = loss * 100
  // BurstR is 1: what is known of a call is how much was lost, not how.
  const equipment = codec.ie + ((95 - codec.ie) * percent) / (percent + codec.bpl)
  return ro - simultaneous(ro, noise, delayMs) - delayed(ro, noise, delayMs) - equipment
}

/** Mean opinion score of a rating, 1 to 4.5 (annex B). */
export function mosOf(r: number): number {
  if (r <= 0) return 1
  if (r >= 100) return 4.5
  return 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6
}

/** No (7-3): all noise, at the 0 dBr point. */
function noiseFloor(): number {
  const { nc, ps, pr, ds, dr, slr, rlr, stmr, nfor } = given
  const olr = slr + rlr
  const send = ps - slr - ds - 100 + 0.004 * (ps - olr - ds - 14) ** 2
  const lstr = stmr + dr
  const room = pr + decibels(1 + power(10 - lstr))
  const receive = rlr - 121 + room + 0.008 * (room - 35) ** 2
  return decibels(power(nc) + power(send) + power(receive) + power(nfor + rlr))
}

/** Is (7-8): what disturbs together with the voice. */
function simultaneous(ro: number, noise: number, delay: number): number {
  const { slr, rlr, stmr, telr, qdu } = given
  const olr = slr + rlr
  const x = olr + 0.2 * (64 + noise - rlr)
  const loud = 20 * ((1 + (x / 8) ** 8) ** (1 / 8) - x / 8)
  const stmro = -decibels(power(-stmr) + Math.exp(-delay / 4) * power(-telr))
  const side =
    12 * (1 + ((stmro - 13) / 6) ** 8) ** (1 / 8) -
    28 * (1 + ((stmro + 1) / 19.4) ** 35) ** (1 / 35) -
    13 * (1 + ((stmro - 3) / 33) ** 13) ** (1 / 13) +
    29
  const q = 37 - 15 * Math.log10(qdu)
  const g = 1.07 + 0.258 * q + 0.0602 * q ** 2
  const y = (ro - 100) / 15 + 46 / 8.4 - g / 9
  const z = 46 / 30 - g / 40
  return loud + side + 15 * Math.log10(1 + 10 ** y + 10 ** z)
}

/** Id (7-18): talker echo, listener echo, and a delay that is too long by itself. */
function delayed(ro: number, noise: number, delay: number): number {
  return talkerEcho(noise, delay) + listenerEcho(ro, delay) + tooLong(delay)
}

function talkerEcho(noise: number, delay: number): number {
  if (delay < 1) return 0
  const { telr, rlr } = given
  const terv =
    telr - 40 * Math.log10((1 + delay / 10) / (1 + delay / 150)) + 6 * Math.exp(-0.3 * delay ** 2)
  const roe = -1.5 * (noise - rlr)
  const re = 80 + 2.5 * (terv - 14)
  const half = (roe - re) / 2
  return (half + Math.sqrt(half ** 2 + 100) - 1) * (1 - Math.exp(-delay))
}

function listenerEcho(ro: number, delay: number): number {
  const rle = 10.5 * (given.wepl + 7) * (2 * delay + 1) ** -0.25
  const half = (ro - rle) / 2
  return half + Math.sqrt(half ** 2 + 169)
}

function tooLong(delay: number): number {
  if (delay <= 100) return 0
  const x = Math.log2(delay / 100)
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2)
}
