import type { SessionDescription } from '../../protocols/sdp/description.ts'
import { SdpFormatError } from '../../protocols/sdp/errors.ts'
import type { NegotiationMode, Signalling } from '../../protocols/sdp/judgement.ts'
import { parseSdp, readSdp } from '../../protocols/sdp/parse-sdp.ts'
import type { SdpRemark } from '../../protocols/sdp/read-lines.ts'
import { SipFormatError } from '../../protocols/sip/errors.ts'
import { listValues } from '../../protocols/sip/headers.ts'
import { headerValue, type SipMessage } from '../../protocols/sip/message.ts'
import { readMessage } from '../../protocols/sip/parse-message.ts'
import { type SipWarning, warningsOf } from '../../protocols/sip/warnings.ts'
import { sdpPartOf } from './sdp-part.ts'

/** What stood around a description. */
export type AroundSdp =
  | { readonly kind: 'request'; readonly method: string }
  | {
      readonly kind: 'response'
      readonly status: number
      readonly reason: string
      readonly warnings: readonly SipWarning[]
    }

/** One side of a negotiation, as a file holds it: SDP alone, or the SIP message that carried it. */
export interface NegotiationSide {
  readonly file: string
  readonly message?: AroundSdp
  /** As the message's own Via has it. */
  readonly signalling?: Signalling
  /** Absent where a message has no body. */
  readonly description?: SessionDescription
  /** What a lenient reading passed over; lines count from the top of the file. */
  readonly remarks: readonly SdpRemark[]
}

/** What can't be read of a file, where a person finds it. */
export interface SideProblem {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly severity: 'error'
  readonly code: string
  readonly message: string
  readonly advice: string
}

export type ReadSide =
  | { readonly kind: 'read'; readonly side: NegotiationSide }
  | { readonly kind: 'unreadable'; readonly problem: SideProblem }

const startLine = /^(?:SIP\/\S+ \d{3}\b|[A-Z]+ \S+ SIP\/\S+)/i
const encoder = new TextEncoder()

/**
 * Reads a file with SDP, or with a whole SIP message.
 *
 * Line ends are those of whoever saved the file, not of the wire: both kinds are taken in every mode. For the same reason a
 * Content-Length that is too long for the file is not held against it.
 */
export function readSide(text: string, file: string, mode: NegotiationMode): ReadSide {
  const whole = `${text
    .replace(/^\uFEFF/, '')
    .replaceAll(/\r?\n/g, '\r\n')
    .trimEnd()}\r\n`
  const leading = /^(?:\r\n)*/.exec(whole)?.[0].length ?? 0
  const skipped = leading / 2
  const rest = whole.slice(leading)
  try {
    if (!startLine.test(rest)) return readBody(rest, { file, mode, above: skipped })
    return readCarried(rest, { file, mode, above: skipped })
  } catch (error) {
    if (!(error instanceof SipFormatError)) throw error
    const advice = 'a file holds a whole SIP message from its first line on, or its SDP alone'
    const message = error.message.replace('SIP message refused: ', 'SIP: ')
    return unreadable({ file, line: skipped + 1, column: 1, message, code: error.code, advice })
  }
}

interface Place {
  readonly file: string
  readonly mode: NegotiationMode
  /** Lines above what is read. */
  readonly above: number
}

type Around = Pick<NegotiationSide, 'message' | 'signalling'>

function readBody(text: string, place: Place & Around): ReadSide {
  const { file, mode, above, message, signalling } = place
  const around = {
    file,
    ...(message === undefined ? {} : { message }),
    ...(signalling === undefined ? {} : { signalling }),
  }
  if (text.trim() === '' && message !== undefined) {
    return { kind: 'read', side: { ...around, remarks: [] } }
  }
  try {
    const body = encoder.encode(text)
    const read = mode === 'strict' ? { description: parseSdp(body), remarks: [] } : readSdp(body)
    const remarks = read.remarks.map((remark) => ({ ...remark, line: remark.line + above }))
    const { description } = read
    return { kind: 'read', side: { ...around, description, remarks } }
  } catch (error) {
    if (!(error instanceof SdpFormatError)) throw error
    const { line, column } = error.place
    const { problem: message, code } = error
    return unreadable({ file, line: line + above, column, message, code, advice: sdpAdvice[mode] })
  }
}

const sdpAdvice: Readonly<Record<NegotiationMode, string>> = {
  strict: '--mode flexible reads what gateways in the field write',
  flexible: 'a file holds SDP from v=0 on, or the whole SIP message that carried it',
}

function unreadable(facts: Omit<SideProblem, 'severity'>): ReadSide {
  return { kind: 'unreadable', problem: { ...facts, severity: 'error' } }
}

function readCarried(text: string, place: Place): ReadSide {
  const end = text.indexOf('\r\n\r\n')
  const head = end === -1 ? text.trimEnd() : text.slice(0, end)
  const rest = end === -1 ? '' : text.slice(end + 4)
  const message = readMessage(encoder.encode(`${withoutLength(head)}\r\n\r\n`))
  const part = sdpPartOf(headerValue(message, 'Content-Type') ?? '', rest)
  const { text: body, above } = part ?? { text: cutBody(head, rest), above: 0 }
  const signalling = signallingOf(message)
  return readBody(body, {
    ...place,
    above: place.above + head.split('\r\n').length + 1 + above,
    message: aroundOf(message),
    ...(signalling === undefined ? {} : { signalling }),
  })
}

const contentLength = /^(?:content-length|l)[ \t]*:[ \t]*(\d{1,10})[ \t]*$/im

const withoutLength = (head: string) =>
  head.replace(/\r\n(?:content-length|l)[ \t]*:[^\r\n]*/gi, '')

/** Never past the body that Content-Length names; what is too short for it is taken as it is. */
function cutBody(head: string, rest: string): string {
  const named = contentLength.exec(head.replaceAll('\r\n', '\n'))?.[1]
  const bytes = encoder.encode(rest)
  const length = Number(named ?? bytes.length)
  return new TextDecoder().decode(bytes.subarray(0, length))
}

function aroundOf(message: SipMessage): AroundSdp {
  if (message.kind === 'request') return { kind: 'request', method: message.method }
  const { kind, status, reason } = message
  return { kind, status, reason, warnings: warningsOf(message) }
}

function signallingOf(message: SipMessage): Signalling | undefined {
  const transport = /^SIP\s*\/\s*2\.0\s*\/\s*(\w+)/i.exec(listValues(message, 'Via')[0] ?? '')?.[1]
  switch (transport?.toUpperCase()) {
    case 'UDP':
      return 'udp'
    case 'TCP':
      return 'tcp'
    case 'TLS':
      return 'tls'
    default:
      return undefined
  }
}
