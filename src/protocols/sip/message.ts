import { createHeader, type SipHeader } from './sip-header.ts'

export type { SipHeader }

interface SipMessageParts {
  /** In the order of the wire; the header list is the truth, typed views are read from it. */
  readonly headers: readonly SipHeader[]
  readonly body: Uint8Array
}

export interface SipRequest extends SipMessageParts {
  readonly kind: 'request'
  readonly method: string
  readonly uri: string
}

export interface SipResponse extends SipMessageParts {
  readonly kind: 'response'
  /** 100 to 699. */
  readonly status: number
  readonly reason: string
}

export type SipMessage = SipRequest | SipResponse

export const noBody = new Uint8Array()

/** The first field of that name; names are compared without case. */
export function fieldNamed({ headers }: SipMessageParts, name: string): SipHeader | undefined {
  for (const header of headers) if (isNamed(header, name)) return header
  return undefined
}

/** Every field of that name, in order. */
export function fieldsNamed({ headers }: SipMessageParts, name: string): readonly SipHeader[] {
  return headers.filter((header) => isNamed(header, name))
}

export function isNamed(header: SipHeader, name: string): boolean {
  const own = header.name
  // Nearly all others are told by the length or these two letters, without lowering them.
  if (own.length !== name.length) return false
  if (own === name) return true
  if (!isSameLetter(own, name, 0) || !isSameLetter(own, name, name.length - 1)) return false
  return own.toLowerCase() === name.toLowerCase()
}

/** But for case: names are ASCII, where a letter's case is this one bit. */
function isSameLetter(one: string, other: string, at: number): boolean {
  return ((one.charCodeAt(at) ^ other.charCodeAt(at)) & ~32) === 0
}

/** The first value of a header, as written. */
export function headerValue(message: SipMessageParts, name: string): string | undefined {
  return fieldNamed(message, name)?.value
}

/** Every field's value, in order; a field that is a list is not taken apart. */
export function headerValues(message: SipMessageParts, name: string): readonly string[] {
  return fieldsNamed(message, name).map((header) => header.value)
}

/** The message with the first field of that name replaced; put first when there was none. */
export function withHeader<Message extends SipMessage>(
  message: Message,
  name: string,
  value: string,
): Message {
  const header = createHeader(name, value)
  const index = message.headers.findIndex((field) => isNamed(field, name))
  const headers = index === -1 ? [header, ...message.headers] : message.headers.with(index, header)
  return { ...message, headers }
}
