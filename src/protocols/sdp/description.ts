export type AddressFamily = 'IP4' | 'IP6'

/** `o=`: who made the session. The numbers stay text: they may have more digits than a number holds. */
export interface SdpOrigin {
  readonly username: string
  readonly sessionId: string
  readonly sessionVersion: string
  readonly family: AddressFamily
  readonly address: string
}

/** `c=`: where media goes. */
export interface SdpConnection {
  readonly family: AddressFamily
  /** A literal or a name. */
  readonly address: string
  /** TTL and count of a multicast address, as written behind its slash. */
  readonly suffix?: string
}

/** `b=`: modifier and its number. */
export interface SdpBandwidth {
  readonly modifier: string
  readonly value: string
}

/** `t=` with what repeats it (`r=`) and moves it (`z=`); calls have `0 0`. */
export interface SdpTime {
  readonly start: string
  readonly stop: string
  readonly repeats: readonly string[]
  readonly zones?: string
}

/** `a=name:value`, or a flag without value. */
export interface SdpAttribute {
  readonly name: string
  readonly value?: string
}

/** One `m=` line with what stands below it, in the order of the wire. */
export interface SdpMedia {
  readonly media: string
  /** 0 refuses the stream in an answer and ends it in an offer (RFC 3264 §6, §8.2). */
  readonly port: number
  readonly portCount?: number
  readonly protocol: string
  /** Payload types of RTP as written, most wanted first. */
  readonly formats: readonly string[]
  readonly title?: string
  readonly connections: readonly SdpConnection[]
  readonly bandwidths: readonly SdpBandwidth[]
  readonly key?: string
  readonly attributes: readonly SdpAttribute[]
}

/** A session description (RFC 8866): everything that was written, in its order, so that writing it loses nothing. */
export interface SessionDescription {
  readonly origin: SdpOrigin
  readonly name: string
  readonly information?: string
  readonly uri?: string
  readonly emails: readonly string[]
  readonly phones: readonly string[]
  readonly connection?: SdpConnection
  readonly bandwidths: readonly SdpBandwidth[]
  readonly times: readonly SdpTime[]
  readonly key?: string
  readonly attributes: readonly SdpAttribute[]
  readonly media: readonly SdpMedia[]
}

export const sdpType = 'application/sdp'

interface HasAttributes {
  readonly attributes: readonly SdpAttribute[]
}

/** Values of every attribute of that name, in order; a flag is the empty text. */
export function attributeValues({ attributes }: HasAttributes, name: string): readonly string[] {
  return attributes
    .filter((attribute) => attribute.name.toLowerCase() === name)
    .map(({ value }) => value ?? '')
}

/** The first of them; undefined where there is none. */
export function attributeValue(part: HasAttributes, name: string): string | undefined {
  return attributeValues(part, name)[0]
}

/** Where the stream's media goes: its own `c=`, else the session's. */
export function connectionOf(
  description: SessionDescription,
  media: SdpMedia,
): SdpConnection | undefined {
  return media.connections[0] ?? description.connection
}
