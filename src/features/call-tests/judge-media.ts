import type { HeardStream } from '../../protocols/rtp/incoming-audio.ts'
import type { MediaFindings } from '../../protocols/rtp/media-session.ts'
import { codecImpairments, mosOf, rating } from './e-model.ts'

/** How good what we heard is (B3.2); absent for codecs that the E-model of G.107 does not know. */
export interface HeardQuality {
  /** Share of packets that did not come: 0 to 1. */
  readonly loss: number
  readonly jitterMs: number
  /** From mouth to ear, estimated: half the round trip, a packet, and a buffer of four times the jitter. */
  readonly delayMs: number
  readonly rating: number
  readonly mos: number
}

/** What the media of a call proves. */
export interface MediaVerdict {
  /** `unproved`: we hear the far side, and nothing says whether it hears us. */
  readonly verdict: 'both-ways' | 'one-way' | 'no-media' | 'unproved'
  readonly because: string
  /** How it is known that the far side hears us, or that it does not. */
  readonly reach: 'echo' | 'report' | 'lost' | 'unproved'
  readonly quality?: HeardQuality
}

/** Packets that are enough: a fifth of a second. */
const enough = 10
/** Above this share of ours lost nobody understands us. */
const mostLost = 0.3
const packetMs = 20
const leastBufferMs = 20
const bufferPerJitter = 4

/**
 * Whether audio goes both ways (H1.2). We hear the far side when voice comes in; that it hears us is proved by
 * our own tone coming back, or by its RTCP reports of our stream.
 */
export function judgeMedia(findings: MediaFindings): MediaVerdict {
  const { heard } = findings
  const best = heard.toSorted((one, other) => other.voiced - one.voiced)[0]
  const quality = best === undefined ? undefined : qualityOf(best, findings)
  const reach = reachOf(findings)
  const said = best === undefined ? undefined : hearing(best)
  return { ...verdictOf(said, reach), ...(quality === undefined ? {} : { quality }) }
}

interface Hearing {
  readonly isVoice: boolean
  readonly text: string
}

function hearing({ voiced, reception, codec, payloadType }: HeardStream): Hearing {
  const name = codec ?? `payload type ${payloadType}`
  if (voiced >= enough) return { isVoice: true, text: `${name} is heard` }
  const packets = `${reception.received} packets of ${name}`
  return { isVoice: false, text: `${packets} came, with no voice in them` }
}

interface Reach extends Pick<MediaVerdict, 'reach'> {
  readonly text: string
}

function reachOf({ heard, farReport, sent, unheardReports }: MediaFindings): Reach {
  const echoed = Math.max(0, ...heard.map((stream) => stream.echoed))
  if (echoed >= enough) return { reach: 'echo', text: 'our own tone comes back' }
  if (farReport !== undefined && farReport.worstLoss > mostLost) {
    const share = Math.round(farReport.worstLoss * 100)
    return { reach: 'lost', text: `the far side reports ${share} % of ours lost` }
  }
  if (farReport !== undefined) {
    const lost = `${farReport.lost} of ours lost`
    return { reach: 'report', text: `the far side reports our stream, ${lost}` }
  }
  if (unheardReports > 0)
    return { reach: 'lost', text: 'the far side sends reports, and ours is not in them' }
  if (sent.packets === 0) return { reach: 'lost', text: 'nothing could be sent' }
  return { reach: 'unproved', text: 'nothing says whether the far side hears us' }
}

function verdictOf(
  said: Hearing | undefined,
  { reach, text }: Reach,
): Omit<MediaVerdict, 'quality'> {
  const because = `${said?.text ?? 'nothing is heard'}; ${text}`
  const arrives = reach === 'echo' || reach === 'report'
  if (said?.isVoice !== true) return { verdict: arrives ? 'one-way' : 'no-media', because, reach }
  if (reach === 'unproved') return { verdict: 'unproved', because, reach }
  return { verdict: arrives ? 'both-ways' : 'one-way', because, reach }
}

function qualityOf(
  { codec = '', reception }: HeardStream,
  { farReport }: MediaFindings,
): HeardQuality | undefined {
  const impairment = Object.entries(codecImpairments).find(([name]) => name === codec)?.[1]
  if (impairment === undefined || reception.expected === 0) return undefined
  const loss = Math.min(1, Math.max(0, reception.lost / reception.expected))
  const jitterMs = reception.jitter?.mean ?? 0
  const buffer = Math.max(leastBufferMs, bufferPerJitter * jitterMs)
  const delayMs = (farReport?.roundTripMs ?? 0) / 2 + packetMs + buffer
  const r = rating({ delayMs, loss, codec: impairment })
  return { loss, jitterMs, delayMs, rating: r, mos: mosOf(r) }
}
