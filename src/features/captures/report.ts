import type { RtpReception } from '../../protocols/rtp/reception.ts'

/** Packets by the DSCP they had. */
export type Marks = ReadonlyMap<number, number>

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export type Side = 'caller' | 'callee'

/** What belongs to one Call-ID. Times are milliseconds since the capture's first packet. */
export interface SipDialog {
  readonly callId: string
  readonly from: string
  readonly to: string
  /** Of its first request: `INVITE` for a call. */
  readonly method: string
  /** Messages by method, and by status and method (`200 INVITE`), repetitions included. */
  readonly requests: Readonly<Record<string, number>>
  readonly responses: Readonly<Record<string, number>>
  /** The messages in order, without repetitions; the first ones only where there are very many. */
  readonly flow: readonly string[]
  readonly start?: number
  readonly end?: number
  /** The status that answered its first method in the end; of a call the one that decided it. */
  readonly finalStatus?: number
  readonly setup?: number
  /** Who hung up or gave up; absent where the capture ends before the call does, or where it was refused. */
  readonly endedBy?: Side
  readonly isAnswered: boolean
  /** Absent where there is nothing to expect: not answered, no SDP, held all the time. */
  readonly media?: 'both-ways' | 'one-way' | 'none-seen'
  /** With one-way media: who is not heard. */
  readonly silent?: Side
}

/** Packets of one SSRC from one address to another. Times as in a dialog. */
export interface RtpStream {
  readonly source: Endpoint
  readonly destination: Endpoint
  readonly ssrc: number
  /** In the order of their first packets; `type 107` where nobody has said what that is. */
  readonly codecs: readonly string[]
  readonly isVideo: boolean
  readonly reception: RtpReception
  readonly marks: Marks
  readonly start?: number
  readonly end?: number
  /** By SDP that was seen, or because the packets look and count like RTP. */
  readonly foundBy: 'sdp' | 'heuristic'
  /** Call-ID. */
  readonly dialog?: string
  /** To whom of the dialog. */
  readonly toward?: Side
}

/** SIP as one host has sent it. */
export interface SignallingMarks {
  readonly host: string
  readonly marks: Marks
}

export interface BrokenMessage {
  readonly packet: number
  readonly problem: string
}

export interface CaptureReport {
  /** Milliseconds since 1970 of the first packet with a time; absent where none has one. */
  readonly startedAt?: number
  /** From the first packet to the last, in milliseconds. */
  readonly span: number
  readonly dialogs: readonly SipDialog[]
  /** More than are kept. */
  readonly dialogsLeftOut: number
  readonly streams: readonly RtpStream[]
  readonly signalling: readonly SignallingMarks[]
  readonly sipMessages: number
  readonly rtcpPackets: number
  /** The first ones; `brokenCount` is of all. */
  readonly broken: readonly BrokenMessage[]
  readonly brokenCount: number
}
