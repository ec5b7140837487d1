import type { WireClock } from '../../kernel/clock.ts'
import type { Random } from '../../kernel/random.ts'
import { epochMs, ms } from '../../kernel/units.ts'
import { RtpFormatError } from './errors.ts'
import { createIncomingAudio, type HeardStream, type IncomingAudio } from './incoming-audio.ts'
import {
  type AgreedAudio,
  createOutgoingAudio,
  type OutgoingAudio,
  packetMs,
} from './outgoing-audio.ts'
import { isRtcp } from './packet.ts'
import { formatRtcp, middleOf, parseRtcp, type ReceptionReport, roundTripOf } from './rtcp.ts'
import type { TonePair } from './tone.ts'
import { controlOf, type MediaAddress, type MediaTransport } from './transport.ts'

/** What the far side reports of our stream (RTCP): the proof that it arrives. */
export interface FarReport {
  readonly reports: number
  /** Since the beginning, as it counts. */
  readonly lost: number
  /** The worst of its reports: 0 to 1. */
  readonly worstLoss: number
  readonly jitterMs: number
  readonly roundTripMs?: number
}

export interface MediaFindings {
  readonly sent: { readonly packets: number; readonly octets: number }
  readonly heard: readonly HeardStream[]
  readonly farReport?: FarReport
  /** Reports of the far side that say nothing of our stream, though it had run for a while: it does not arrive. */
  readonly unheardReports: number
}

/** Audio of one call, both ways. */
export interface MediaSession {
  readonly local: MediaAddress
  /** Sends from now on, two tones that come and go, and counts anew what comes in. */
  begin(to: MediaAddress, audio: AgreedAudio): void
  /** Presses keys; resolves when they have been sent. */
  press(digits: string): Promise<void>
  /** Stops and closes the ports. */
  end(): Promise<MediaFindings>
}

export interface MediaParts {
  readonly transport: MediaTransport
  readonly wireClock: WireClock
  readonly random: Random
  /** Payload type of key presses in our description. */
  readonly events?: number
}

/** Neither keys nor tones of any network nor of fax, 60 Hz apart at least: which two are ours is drawn. */
const quietFrequencies = [1040, 1100, 1160, 1270, 1545, 1700, 1870, 1930, 1990, 2050]
/** RFC 3550 §6.2 wants 5 s on the average; the first comes early, so that short calls are reported, too. */
const reportEveryMs = 2500
/** Two seconds of ours: after that a far side that hears us has something to report. */
const packetsToBeHeard = 100
/** Seconds from 1900, where NTP begins, to 1970. */
const ntpOf1970 = 2_208_988_800

/** What the far side has said of our stream so far. */
interface FarState {
  reports: number
  unheard: number
  worstLoss: number
  last?: ReceptionReport
  roundTripMs?: number
}

/** Sources that are listened to; a call has one or two, a flood has many. */
const mostSources = 32

interface SessionState extends MediaParts {
  readonly tones: TonePair
  readonly ssrc: number
  /** Since the answer: what rang before it is nobody's voice. */
  incoming: IncomingAudio
  readonly over: AbortController
  readonly far: FarState
  /** The last report of each source that sends reports, and when it came. */
  readonly lastReports: Map<number, { readonly middle: number; readonly at: number }>
  outgoing?: OutgoingAudio
  sending?: Promise<void>
}

export function createMediaSession(parts: MediaParts): MediaSession {
  const { transport, random, events } = parts
  const tones = drawTones(random)
  const rules = { tones, most: mostSources, ...(events === undefined ? {} : { events }) }
  const state: SessionState = {
    ...parts,
    tones,
    ssrc: random.integer(2 ** 32),
    incoming: createIncomingAudio(rules),
    over: new AbortController(),
    far: { reports: 0, unheard: 0, worstLoss: 0 },
    lastReports: new Map(),
  }
  const stopListening = transport.onPacket((packet, from, at) =>
    receive(state, packet, { from, at }),
  )
  return {
    local: transport.local,
    begin(to, audio) {
      if (state.sending !== undefined || state.over.signal.aborted) return
      state.incoming = createIncomingAudio(rules)
      const sequence = random.integer(2 ** 15)
      const timestamp = random.integer(2 ** 32)
      state.outgoing = createOutgoingAudio(audio, { tones, ssrc: state.ssrc, sequence, timestamp })
      state.sending = send(state, state.outgoing, to)
      // It is awaited at the end of the call, which may be long after.
      state.sending.catch(() => undefined)
    },
    async press(digits) {
      state.outgoing?.press(digits)
      while (state.outgoing?.pressing() === true && !state.over.signal.aborted)
        await pause(state, packetMs)
    },
    async end() {
      state.over.abort()
      await state.sending
      stopListening()
      await transport.close()
      return findings(state)
    },
  }
}

function drawTones(random: Random): TonePair {
  const left = [...quietFrequencies]
  const draw = () => left.splice(random.integer(left.length), 1)[0] ?? 1040
  return [draw(), draw()]
}

async function pause({ wireClock, over }: SessionState, duration: number): Promise<void> {
  await wireClock.sleep(ms(Math.max(0, duration)), over.signal).catch(() => undefined)
}

/** Packets at their times, counted from the first: a late one is caught up with, none is left out. */
async function send(state: SessionState, outgoing: OutgoingAudio, to: MediaAddress): Promise<void> {
  const { wireClock, transport, over } = state
  const began = wireClock.now()
  let reportAt = began + reportEveryMs / 2
  for (let packet = 0; !over.signal.aborted; packet += 1) {
    await transport.send(outgoing.next(), to)
    if (wireClock.now() >= reportAt) {
      reportAt += reportEveryMs
      await transport.send(ownReport(state, outgoing), controlOf(to))
    }
    await pause(state, began + (packet + 1) * packetMs - wireClock.now())
  }
}

const ntpNow = ({ wireClock }: SessionState) => wireClock.now() / 1000 + ntpOf1970

function ownReport(state: SessionState, outgoing: OutgoingAudio): Uint8Array {
  const { ssrc, transport, lastReports, incoming } = state
  const { packets, octets, timestamp } = outgoing.sent()
  const reports = incoming
    .reports()
    .slice(0, 31)
    .map(({ ssrc: source, reception, highestSequence }) => {
      const last = lastReports.get(source)
      const held = last === undefined ? 0 : (epochMs(state.wireClock.now()) - last.at) * 65.536
      return {
        ssrc: source,
        fractionLost: Math.max(0, reception.lost) / Math.max(1, reception.expected),
        lost: reception.lost,
        highestSequence,
        jitter: (reception.jitter?.mean ?? 0) * 8,
        lastReport: last?.middle ?? 0,
        delaySinceLast: Math.round(held),
      }
    })
  const sent = { ntp: ntpNow(state), timestamp, packets, octets }
  return formatRtcp({ ssrc, sent, reports }, `changeover@${transport.local.host}`)
}

function receive(
  state: SessionState,
  packet: Uint8Array,
  { from, at }: { readonly from: MediaAddress; readonly at: number },
): void {
  try {
    if (isRtcp(packet)) readReports(state, packet)
    else state.incoming.packet(packet, from, at)
  } catch (error) {
    // Stray packets are no media; what is missing for them is counted as lost.
    if (!(error instanceof RtpFormatError)) throw error
  }
}

function readReports(state: SessionState, packet: Uint8Array): void {
  const { lastReports, wireClock } = state
  for (const { ssrc, sent, reports } of parseRtcp(packet)) {
    if (sent !== undefined && (lastReports.has(ssrc) || lastReports.size < mostSources))
      lastReports.set(ssrc, { middle: middleOf(sent.ntp), at: wireClock.now() })
    const ours = reports.find((one) => one.ssrc === state.ssrc)
    if (ours !== undefined) noteReport(state, ours)
    else if ((state.outgoing?.sent().packets ?? 0) > packetsToBeHeard) state.far.unheard += 1
  }
}

function noteReport(state: SessionState, report: ReceptionReport): void {
  const { far } = state
  far.reports += 1
  far.last = report
  far.worstLoss = Math.max(far.worstLoss, report.fractionLost)
  const roundTrip = roundTripOf(report, ntpNow(state))
  if (roundTrip !== undefined) far.roundTripMs = roundTrip * 1000
}

function findings({ outgoing, incoming, far }: SessionState): MediaFindings {
  const { packets, octets } = outgoing?.sent() ?? { packets: 0, octets: 0 }
  const { last } = far
  const heard = incoming.heard()
  const known = { sent: { packets, octets }, heard, unheardReports: far.unheard }
  if (last === undefined) return known
  const farReport: FarReport = {
    reports: far.reports,
    lost: last.lost,
    worstLoss: far.worstLoss,
    jitterMs: last.jitter / 8,
    ...(far.roundTripMs === undefined ? {} : { roundTripMs: far.roundTripMs }),
  }
  return { ...known, farReport }
}
