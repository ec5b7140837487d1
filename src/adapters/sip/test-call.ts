import type { SipProbe, TestCallAnswer } from '../../features/call-tests/index.ts'
import { invariant } from '../../kernel/invariant.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { ms } from '../../kernel/units.ts'
import {
  createMediaSession,
  type MediaFindings,
  type MediaSession,
} from '../../protocols/rtp/media-session.ts'
import { agreedAudio } from '../../protocols/sdp/agreed-audio.ts'
import { knownCodecs, offerOf } from '../../protocols/sdp/capabilities.ts'
import type { SessionDescription } from '../../protocols/sdp/description.ts'
import { contactOf, softwareOf } from '../../protocols/sip/headers.ts'
import type { SipResponse } from '../../protocols/sip/message.ts'
import { type PlacedCall, placeCall } from '../../protocols/sip/outgoing-call.ts'
import { silentAudio } from '../../protocols/sip/silent-audio.ts'
import { startTimer } from '../../protocols/sip/timers.ts'
import { parseUri } from '../../protocols/sip/uri.ts'
import type { UserAgent } from '../../protocols/sip/user-agent.ts'
import type { Rest, SipProbeParts } from './agent.ts'
import { optionsTimeout } from './options.ts'

/** Header by which the side that answers knows our call from a caller's. */
const nonceHeader = 'X-Changeover-Nonce'
const defaultAnswerTimeout = ms(20_000)

type CallRequest = Parameters<SipProbe['call']>[0] & { readonly signal: AbortSignal }

/** A test call's answer, and what may still come of it. */
interface MadeCall {
  readonly answer: TestCallAnswer
  readonly rest: Rest
}

/** One test call. */
export async function makeTestCall(
  parts: SipProbeParts,
  agent: UserAgent,
  request: CallRequest,
): Promise<MadeCall> {
  if (request.talk === undefined) return await callAndHangUp(parts, agent, { request })
  const media = await openMedia(parts, request.target)
  try {
    return await callAndHangUp(parts, agent, { request, media })
  } finally {
    // Closes the ports of a call that came to nothing; of one that ended it is done already.
    await media.end()
  }
}

async function callAndHangUp(
  parts: SipProbeParts,
  agent: UserAgent,
  { request, media }: { readonly request: CallRequest; readonly media?: MediaSession },
): Promise<MadeCall> {
  const { target, number, caller, nonce, patience, signal } = request
  const headers = [{ name: nonceHeader, value: nonce }, ...(request.headers ?? [])]
  const timeout = patience ?? parts.answerTimeout ?? defaultAnswerTimeout
  const offer = media === undefined ? {} : { offer: offerWith(agent, media) }
  const call = { target, number, caller, headers, timeout, ...offer }
  const placed = await placeCall(agent, call, signal)
  if (placed.kind === 'silent') return { answer: placed, rest: 'call' }
  const { kind, callId, response } = placed
  if (kind === 'refused') {
    const { status, reason } = response
    return { answer: { kind, callId, status, reason }, rest: 'repetitions' }
  }
  const { findings, hungUp } = await talkAndHangUp(parts, placed, { request, media })
  // What was called off in mid-call proves nothing.
  signal.throwIfAborted()
  const { firstResponse, answer, codec } = placed
  const contactHost = contactHostOf(response)
  const server = softwareOf(response)
  const found = { kind, callId, firstResponse, answer, contactHost, server, codec }
  const rest = hungUp ? 'nothing' : 'call'
  return { answer: findings === undefined ? found : { ...found, media: findings }, rest }
}

async function openMedia(
  { openMedia: open, wireClock, random }: SipProbeParts,
  target: SipAddress,
): Promise<MediaSession> {
  invariant(open !== undefined, 'a call with media was asked of a probe without')
  const transport = await open(target)
  return createMediaSession({ transport, wireClock, random, events: eventsType })
}

/** Payload type that our description gives to key presses, as `offerOf` does. */
const eventsType = 101
const offeredCodecs = [knownCodecs.PCMU, knownCodecs.PCMA, knownCodecs.events]

function offerWith(agent: UserAgent, { local }: MediaSession): SessionDescription {
  return offerOf({ ...silentAudio(agent), ...local, codecs: offeredCodecs })
}

/** Hangs up whatever comes of the talk. */
async function talkAndHangUp(
  parts: SipProbeParts,
  call: Extract<PlacedCall, { kind: 'answered' }>,
  { request, media }: { readonly request: CallRequest; readonly media: MediaSession | undefined },
): Promise<{ readonly findings: MediaFindings | undefined; readonly hungUp: boolean }> {
  let hungUp = false
  try {
    const findings = media === undefined ? undefined : await talk(parts, call, { request, media })
    hungUp = await hangUp(parts, call)
    return { findings, hungUp }
  } finally {
    if (!hungUp) void call.hangUp()
  }
}

/** Talks until the time is over, the far side hangs up, or the call is aborted. */
async function talk(
  { wireClock }: SipProbeParts,
  call: Extract<PlacedCall, { kind: 'answered' }>,
  { request, media }: { readonly request: CallRequest; readonly media: MediaSession },
): Promise<MediaFindings> {
  const agreed = agreedAudio(call.response.body)
  const { talk: wish, signal } = request
  if (agreed !== undefined && wish !== undefined) {
    media.begin(agreed.to, agreed.audio)
    const over = new AbortController()
    const until = AbortSignal.any([over.signal, signal])
    void media.press(wish.digits ?? '')
    await Promise.race([call.ended, wireClock.sleep(wish.duration, until).catch(() => undefined)])
    over.abort()
  }
  return await media.end()
}

/** The BYE is sent in any case; its answer is waited for no longer than that of an OPTIONS. */
function hangUp(
  { wireClock, timeout = optionsTimeout }: SipProbeParts,
  call: Extract<PlacedCall, { kind: 'answered' }>,
): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = startTimer(wireClock, timeout, () => resolve(false))
    void call.hangUp().then((answered) => {
      cancel()
      resolve(answered)
    })
  })
}

function contactHostOf(response: SipResponse): string {
  const uri = parseUri(contactOf(response)?.uri ?? 'none:')
  return uri.kind === 'sip' ? uri.host : ''
}
