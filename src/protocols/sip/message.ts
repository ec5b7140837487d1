/** One header field: name in its canonical spelling where the name is known, value unfolded and trimmed. */
export interface SipHeader {
  readonly name: string
  readonly value: string
}

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

/** The first value of a header, as written; names are compared without case. */
export function headerValue(message: SipMessageParts, name: string): string | undefined {
  const wanted = name.toLowerCase()
  return message.headers.find((header) => header.name.toLowerCase() === wanted)?.value
}

/** Every field of that name, in order; a field that is a list is not taken apart. */
export function headerValues(message: SipMessageParts, name: string): readonly string[] {
  const wanted = name.toLowerCase()
  return message.headers
    .filter((header) => header.name.toLowerCase() === wanted)
    .map((header) => header.value)
}

/** The message with the first field of that name replaced; put first when there was none. */
export function withHeader<Message extends SipMessage>(
  message: Message,
  name: string,
  value: string,
): Message {
  const wanted = name.toLowerCase()
  const index = message.headers.findIndex((header) => header.name.toLowerCase() === wanted)
  const headers =
    index === -1
      ? [{ name, value }, ...message.headers]
      : message.headers.with(index, { name, value })
  return { ...message, headers }
}
