import { isIP } from 'node:net'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { contactOf, cseqOf, fromOf, listValues, parseNameAddress, toOf } from './headers.ts'
import { headerValue, noBody, type SipRequest, type SipResponse } from './message.ts'
import { addressOfUri, parseUri } from './uri.ts'

/** A call between two sides (RFC 3261 §12), as far as ACK and BYE need it. */
export interface Dialog {
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  /** From and To of requests that we send in it. */
  readonly local: string
  readonly remote: string
  readonly remoteTarget: string
  readonly routes: readonly string[]
  /** Of the last request we sent in it. */
  readonly cseq: number
  /** Where its requests go when neither Contact nor Route names an address. */
  readonly peer: SipAddress
}

/** The dialog that a 2xx to our INVITE made (§12.1.2). */
export function dialogOfCaller(
  invite: SipRequest,
  response: SipResponse,
  peer: SipAddress,
): Dialog {
  return {
    callId: headerValue(invite, 'Call-ID') ?? '',
    localTag: fromOf(invite).parameters['tag'] ?? '',
    remoteTag: toOf(response).parameters['tag'] ?? '',
    local: headerValue(invite, 'From') ?? '',
    remote: headerValue(response, 'To') ?? '',
    remoteTarget: contactOf(response)?.uri ?? invite.uri,
    routes: listValues(response, 'Record-Route').toReversed(),
    cseq: cseqOf(invite).number,
    peer,
  }
}

/** The dialog that our own 2xx made (§12.1.1). */
export function dialogOfCallee(
  invite: SipRequest,
  response: SipResponse,
  peer: SipAddress,
): Dialog {
  const from = fromOf(invite)
  return {
    callId: headerValue(invite, 'Call-ID') ?? '',
    localTag: toOf(response).parameters['tag'] ?? '',
    remoteTag: from.parameters['tag'] ?? '',
    local: headerValue(response, 'To') ?? '',
    remote: headerValue(invite, 'From') ?? '',
    remoteTarget: contactOf(invite)?.uri ?? from.uri,
    routes: listValues(invite, 'Record-Route'),
    cseq: 0,
    peer,
  }
}

/** Key of the dialog that a request from the far side belongs to. */
export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId} ${localTag} ${remoteTag}`
}

export function dialogKeyOfRequest(request: SipRequest): string {
  const callId = headerValue(request, 'Call-ID') ?? ''
  return dialogKey(
    callId,
    toOf(request).parameters['tag'] ?? '',
    fromOf(request).parameters['tag'] ?? '',
  )
}

/** An ACK (same CSeq as its INVITE) or the next request of ours in the dialog (§12.2.1.1). Loose routing only. */
export function requestInDialog(dialog: Dialog, method: string, cseq: number): SipRequest {
  return {
    kind: 'request',
    method,
    uri: dialog.remoteTarget,
    headers: [
      ...dialog.routes.map((value) => ({ name: 'Route', value })),
      { name: 'Max-Forwards', value: '70' },
      { name: 'From', value: dialog.local },
      { name: 'To', value: dialog.remote },
      { name: 'Call-ID', value: dialog.callId },
      { name: 'CSeq', value: `${cseq} ${method}` },
    ],
    body: noBody,
  }
}

/**
 * First Route, else the far side's Contact, else where the INVITE came from or went to.
 *
 * Over TLS an address in numbers is the far side that we have a connection to: it has no name that another
 * certificate could prove (RFC 5922 §4), and the name that was proved belongs to that connection.
 */
export function nextHop({ routes, remoteTarget, peer }: Dialog): SipAddress {
  const [route] = routes
  const uri = route === undefined ? remoteTarget : parseNameAddress(route).uri
  const next = addressOfUri(parseUri(uri), peer.transport) ?? peer
  const isPeer = next.host === peer.host && next.port === peer.port
  const isTls = next.transport === 'tls' && peer.transport === 'tls'
  return isTls && (isPeer || isIP(next.host) !== 0) ? peer : next
}
