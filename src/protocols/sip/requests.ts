import type { Random } from '../../kernel/random.ts'
import { magicCookie, parseNameAddress } from './headers.ts'
import {
  headerValue,
  noBody,
  type SipHeader,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from './message.ts'

/** Methods that our endpoints take; goes into Allow. */
export const allowedMethods = 'INVITE, ACK, BYE, CANCEL, OPTIONS'

/** §8.1.1.6: hops left. */
const maxForwards = '70'

const tokenLetters = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** Letters and digits by chance: 10 of them hold 51 bits, more than §19.3 asks of a tag. */
export function randomToken(random: Random, length = 10): string {
  return Array.from({ length }, () => tokenLetters[random.integer(tokenLetters.length)]).join('')
}

export const newBranch = (random: Random) => `${magicCookie}${randomToken(random, 16)}`

/** A request outside any dialog (§8.1.1). Via is put on by the transaction layer. */
export function newRequest(parts: {
  readonly method: string
  readonly uri: string
  readonly from: string
  readonly to: string
  readonly callId: string
  readonly headers?: readonly SipHeader[]
  readonly body?: Uint8Array
}): SipRequest {
  return {
    kind: 'request',
    method: parts.method,
    uri: parts.uri,
    headers: [
      { name: 'Max-Forwards', value: maxForwards },
      { name: 'From', value: parts.from },
      { name: 'To', value: parts.to },
      { name: 'Call-ID', value: parts.callId },
      { name: 'CSeq', value: `1 ${parts.method}` },
      ...(parts.headers ?? []),
    ],
    body: parts.body ?? noBody,
  }
}

function copied(message: SipMessage, names: readonly string[]): readonly SipHeader[] {
  return message.headers.filter((header) => names.includes(header.name))
}

/** A response to `request` (§8.2.6): Via, From, To, Call-ID, CSeq and Record-Route as they came. */
export function respondTo(
  request: SipRequest,
  status: number,
  reason: string,
  more: {
    readonly headers?: readonly SipHeader[]
    readonly body?: Uint8Array
    /** Put on To where it has none; a 100 needs none. */
    readonly toTag?: string
  } = {},
): SipResponse {
  const headers = copied(request, ['Via', 'Record-Route', 'From', 'To', 'Call-ID', 'CSeq'])
  return {
    kind: 'response',
    status,
    reason,
    headers: [...headers.map((header) => withTag(header, more.toTag)), ...(more.headers ?? [])],
    body: more.body ?? noBody,
  }
}

function withTag(header: SipHeader, tag: string | undefined): SipHeader {
  if (header.name !== 'To' || tag === undefined) return header
  if (parseNameAddress(header.value).parameters['tag'] !== undefined) return header
  return { name: 'To', value: `${header.value};tag=${tag}` }
}

function firstVia(request: SipRequest): SipHeader {
  return { name: 'Via', value: headerValue(request, 'Via') ?? '' }
}

/** What ACK and CANCEL have of the INVITE they go with: same hop, same branch (§17.1.1.3, §9.1). */
function hopByHop(invite: SipRequest, method: 'ACK' | 'CANCEL', to: string): SipRequest {
  const number = (headerValue(invite, 'CSeq') ?? '1').split(/\s/)[0]
  return {
    kind: 'request',
    method,
    uri: invite.uri,
    headers: [
      firstVia(invite),
      { name: 'Max-Forwards', value: maxForwards },
      ...copied(invite, ['Route', 'From']),
      { name: 'To', value: to },
      ...copied(invite, ['Call-ID']),
      { name: 'CSeq', value: `${number} ${method}` },
    ],
    body: noBody,
  }
}

/** The ACK of a 300–699: part of the INVITE's own transaction. */
export function ackForRefusal(invite: SipRequest, response: SipResponse): SipRequest {
  return hopByHop(invite, 'ACK', headerValue(response, 'To') ?? '')
}

export function cancelFor(invite: SipRequest): SipRequest {
  return hopByHop(invite, 'CANCEL', headerValue(invite, 'To') ?? '')
}
