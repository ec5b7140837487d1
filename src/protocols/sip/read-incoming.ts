import type { SipAddress } from '../../kernel/sip-address.ts'
import { SipFormatError } from './errors.ts'
import { formatVia, parseVia, responseAddress, topVia } from './headers.ts'
import {
  headerValue,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  withHeader,
} from './message.ts'
import { splitOutsideQuotes } from './parameters.ts'
import { checkMessage, takeApart } from './parse-message.ts'
import { respondTo } from './requests.ts'
import type { Scanned } from './scan-message.ts'

/** What bytes from the network are good for. */
export type Incoming =
  | { readonly kind: 'message'; readonly message: SipMessage }
  /** No good, and enough of it is left to answer to. */
  | { readonly kind: 'refuse'; readonly response: SipResponse; readonly to: SipAddress }
  | { readonly kind: 'nothing' }

/**
 * Whole and sound, a request marked with where it came from; or what to answer to it, without state (§8.2, RFC 4475).
 *
 * Throws nothing, whatever the bytes are.
 */
export function readIncoming(bytes: Uint8Array, from: SipAddress): Incoming {
  let read: Scanned | undefined
  try {
    read = takeApart(bytes)
    const { message, isSound } = read
    if (!isSound) checkMessage(message)
    const isRequest = message.kind === 'request'
    return { kind: 'message', message: isRequest ? markSource(message, from) : message }
  } catch (error) {
    if (!(error instanceof SipFormatError)) throw error
    const message = read?.message
    if (message?.kind !== 'request' || message.method === 'ACK') return { kind: 'nothing' }
    return refusal(message, error, from)
  }
}

function refusal(message: SipRequest, error: SipFormatError, from: SipAddress): Incoming {
  try {
    const to = responseAddress(topVia(message), from)
    const reason = error.status === 505 ? 'Version Not Supported' : 'Bad Request'
    return { kind: 'refuse', response: respondTo(message, error.status, reason), to }
  } catch (another) {
    if (!(another instanceof SipFormatError)) throw another
    return { kind: 'nothing' }
  }
}

/** `received` and `rport` go onto the Via that came, so that the answer finds its way (§18.2.1, RFC 3581). */
function markSource(request: SipRequest, from: SipAddress): SipRequest {
  const [first = '', ...others] = splitOutsideQuotes(headerValue(request, 'Via') ?? '', ',')
  const via = parseVia(first)
  const rport = via.parameters['rport'] === undefined ? {} : { rport: String(from.port) }
  const received =
    via.host === from.host && rport.rport === undefined ? {} : { received: from.host }
  const parameters = { ...via.parameters, ...rport, ...received }
  return withHeader(request, 'Via', [formatVia({ ...via, parameters }), ...others].join(', '))
}
