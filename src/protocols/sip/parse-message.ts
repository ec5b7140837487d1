import { SipFormatError } from './errors.ts'
import {
  callIdOf,
  cseqOf,
  fromOf,
  listValues,
  parseNameAddress,
  parseVia,
  toOf,
} from './headers.ts'
import { headerValue, headerValues, type SipMessage } from './message.ts'
import { readByGrammar } from './read-by-grammar.ts'
import { type Scanned, scanMessage } from './scan-message.ts'
import { parseUri } from './uri.ts'

/**
 * Reads one whole message: what a datagram held, or what the stream framing cut out.
 *
 * Bytes after the body that Content-Length names are not looked at (RFC 3261 §18.3).
 *
 * @throws {SipFormatError} and nothing else, whatever the bytes are
 */
export function parseMessage(bytes: Uint8Array): SipMessage {
  const { message, isSound } = takeApart(bytes)
  if (!isSound) checkMessage(message)
  return message
}

/** Takes the message apart without judging its headers: enough to answer 400 to what is wrong in them. */
export function takeApart(bytes: Uint8Array): Scanned {
  return scanMessage(bytes) ?? { message: readByGrammar(bytes), isSound: false }
}

export const readMessage = (bytes: Uint8Array): SipMessage => takeApart(bytes).message

/** What every request and response must carry, readable and once (§8.1.1, §20). */
export function checkMessage(message: SipMessage): void {
  checkSingleHeaders(message)
  checkLists(message)
  fromOf(message)
  toOf(message)
  if (callIdOf(message) === '') throw new SipFormatError('Call-ID is empty')
  const cseq = cseqOf(message)
  if (message.kind === 'response') return
  if (cseq.method !== message.method) {
    throw new SipFormatError(`CSeq says ${cseq.method}, the request is ${message.method}`)
  }
  checkMaxForwards(headerValue(message, 'Max-Forwards'))
  parseUri(message.uri)
}

function checkSingleHeaders(message: SipMessage): void {
  for (const name of ['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Content-Length']) {
    if (headerValues(message, name).length > 1) throw new SipFormatError(`${name} is there twice`)
  }
}

function checkLists(message: SipMessage): void {
  const vias = listValues(message, 'Via')
  if (vias.length === 0) throw new SipFormatError('Via is missing')
  for (const via of vias) parseVia(via)
  for (const name of ['Contact', 'Route', 'Record-Route']) {
    for (const value of listValues(message, name)) {
      // `*` is all bindings of a registration (§10.2.2), and no way to anywhere.
      if (value !== '*' || name !== 'Contact') parseNameAddress(value)
    }
  }
}

function checkMaxForwards(value: string | undefined): void {
  if (value === undefined) return
  if (!/^\d{1,10}$/.test(value) || Number(value) > 255) {
    throw new SipFormatError('Max-Forwards is not 0 to 255', { text: value })
  }
}
