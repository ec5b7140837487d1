import { SipFormatError } from '../../protocols/sip/errors.ts'
import { parseNameAddress } from '../../protocols/sip/headers.ts'
import { headerValue, type SipMessage } from '../../protocols/sip/message.ts'
import type { Side, SipDialog } from './report.ts'
import { type SessionMedia, sessionMedia, talksBothWays } from './session-media.ts'

/** What one message of a dialog said of media. */
export interface Announcement {
  readonly side: Side
  readonly media: SessionMedia
}

export interface DialogFollower {
  /** `method` of its CSeq; `at` in milliseconds since the first packet. */
  message(message: SipMessage, method: string, at: number | undefined): Announcement | undefined
  /** @param streams whether media was seen toward each side */
  dialog(streams: Readonly<Record<Side, boolean>>, captureEnd: number): SipDialog
}

/** Enough for a call with holds and a transfer; a registration that is renewed for days has thousands. */
const longestFlow = 24
/** A call that could talk for less than this says nothing about its media. */
const shortestTalk = 1000

/** Not an object: a method can be called `constructor`. */
type Count = Map<string, number>

interface State {
  readonly callId: string
  from: string
  to: string
  method: string
  callerTag: string
  readonly requests: Count
  readonly responses: Count
  readonly flow: string[]
  lastStep: string
  readonly media: Partial<Record<Side, SessionMedia>>
  start?: number
  end?: number
  finalStatus?: number
  answeredAt?: number
  isAnswered: boolean
  endedBy?: Side
  talkingSince?: number
  talked: number
}

export function followDialog(callId: string): DialogFollower {
  const state: State = {
    callId,
    from: '',
    to: '',
    method: '',
    callerTag: '',
    requests: new Map(),
    responses: new Map(),
    flow: [],
    lastStep: '',
    media: {},
    isAnswered: false,
    talked: 0,
  }
  return {
    message(message, method, at) {
      const from = partyOf(message, 'From')
      if (state.method === '') {
        const to = partyOf(message, 'To').uri
        Object.assign(state, { method, from: from.uri, to, callerTag: from.tag })
      }
      keepTime(state, at)
      // A response has the From of its request, and comes from the other side.
      const side =
        (message.kind === 'request') === (from.tag === state.callerTag) ? 'caller' : 'callee'
      count(state, message, method)
      if (message.kind === 'request') takeRequest(state, message.method, side)
      else takeResponse(state, message.status, { method, at })
      const media = sessionMedia(message)
      if (media !== undefined) state.media[side] = media
      measureTalk(state, at)
      return media === undefined ? undefined : { side, media }
    },
    dialog: (streams, captureEnd) => dialogOf(state, streams, captureEnd),
  }
}

/** Who is named; as it was written where it can't be read: a call with a crooked name is a call all the same. */
function partyOf(message: SipMessage, name: 'From' | 'To') {
  const text = headerValue(message, name) ?? ''
  try {
    const { uri, parameters } = parseNameAddress(text)
    return { uri, tag: parameters['tag'] ?? '' }
  } catch (error) {
    if (!(error instanceof SipFormatError)) throw error
    const uri = /<([^>]*)>/.exec(text)?.[1] ?? text
    return { uri, tag: /;\s*tag=([^;\s]*)/i.exec(text)?.[1] ?? '' }
  }
}

function keepTime(state: State, at: number | undefined): void {
  if (at === undefined) return
  state.start ??= at
  state.end = at
}

function count(state: State, message: SipMessage, method: string): void {
  const isRequest = message.kind === 'request'
  const name = isRequest ? message.method : `${message.status} ${method}`
  const counts = isRequest ? state.requests : state.responses
  counts.set(name, (counts.get(name) ?? 0) + 1)
  // The same again of one transaction is a repetition: the network's doing, not the dialog's.
  const step = `${name} ${headerValue(message, 'CSeq')}`
  if (step !== state.lastStep && state.flow.length < longestFlow) {
    state.flow.push(isRequest ? name : String(message.status))
  }
  state.lastStep = step
}

function takeRequest(state: State, method: string, side: Side): void {
  const ends = method === 'BYE' || (method === 'CANCEL' && !state.isAnswered)
  if (ends) state.endedBy ??= side
}

function takeResponse(
  state: State,
  status: number,
  { method, at }: { readonly method: string; readonly at: number | undefined },
): void {
  // What answers a re-INVITE does not change that the call was answered.
  if (method !== state.method || status < 200 || state.isAnswered) return
  state.finalStatus = status
  if (method !== 'INVITE' || status >= 300) return
  state.isAnswered = true
  if (at !== undefined) state.answeredAt = at
}

/** Adds up how long both sides were allowed to talk: answered, neither held nor refused, not yet hung up. */
function measureTalk(state: State, at: number | undefined): void {
  if (at === undefined) return
  const { caller, callee } = state.media
  const talks =
    state.isAnswered &&
    state.endedBy === undefined &&
    caller !== undefined &&
    callee !== undefined &&
    talksBothWays(caller) &&
    talksBothWays(callee)
  if (talks) state.talkingSince ??= at
  else if (state.talkingSince !== undefined) {
    state.talked += at - state.talkingSince
    delete state.talkingSince
  }
}

function dialogOf(
  state: State,
  streams: Readonly<Record<Side, boolean>>,
  captureEnd: number,
): SipDialog {
  const { callId, from, to, method, flow, isAnswered } = state
  const { start, end, finalStatus, endedBy, answeredAt, talkingSince } = state
  const talked = state.talked + (talkingSince === undefined ? 0 : captureEnd - talkingSince)
  return {
    ...{ callId, from, to, method, flow, isAnswered },
    requests: Object.fromEntries(state.requests),
    responses: Object.fromEntries(state.responses),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    ...(finalStatus === undefined ? {} : { finalStatus }),
    ...(answeredAt === undefined || start === undefined ? {} : { setup: answeredAt - start }),
    ...(endedBy === undefined ? {} : { endedBy }),
    ...(talked < shortestTalk ? {} : mediaOf(streams)),
  }
}

function mediaOf({ caller, callee }: Readonly<Record<Side, boolean>>) {
  if (caller && callee) return { media: 'both-ways' } as const
  if (!caller && !callee) return { media: 'none-seen' } as const
  return { media: 'one-way', silent: caller ? 'caller' : 'callee' } as const
}
