import { expect } from 'vitest'
import { SipFormatError } from '../../src/protocols/sip/errors.ts'
import {
  addressesOf,
  callIdOf,
  contactOf,
  cseqOf,
  fromOf,
  toOf,
  topVia,
  viasOf,
} from '../../src/protocols/sip/headers.ts'
import type { SipMessage } from '../../src/protocols/sip/message.ts'
import { checkMessage, parseMessage, readMessage } from '../../src/protocols/sip/parse-message.ts'
import { readByGrammar } from '../../src/protocols/sip/read-by-grammar.ts'
import { scanMessage } from '../../src/protocols/sip/scan-message.ts'
import { parseUri, readUriByGrammar } from '../../src/protocols/sip/uri.ts'

/** A header that remembers nothing, so that all is read from its value by the grammar. */
function withoutMemory(message: SipMessage): SipMessage {
  return { ...message, headers: message.headers.map(({ name, value }) => ({ name, value })) }
}

function byGrammar(bytes: Uint8Array): SipMessage {
  const message = withoutMemory(readByGrammar(bytes))
  checkMessage(message)
  return message
}

/** As text, in which the order of parameters counts, too. */
function outcome(work: () => unknown): string {
  try {
    return JSON.stringify(work()) ?? 'nothing'
  } catch (error) {
    if (!(error instanceof SipFormatError)) throw error
    return `${error.status} ${error.message} ${JSON.stringify(error.details)}`
  }
}

const views: Readonly<Record<string, (message: SipMessage) => unknown>> = {
  topVia,
  viasOf,
  fromOf,
  toOf,
  cseqOf,
  callIdOf,
  contactOf,
  contacts: (message) => addressesOf(message, 'Contact'),
  routes: (message) => addressesOf(message, 'Route'),
  recordRoutes: (message) => addressesOf(message, 'Record-Route'),
}

/** Also what only resembles one: letters around a colon. */
function urisIn(message: SipMessage): readonly string[] {
  const values = message.headers.map(({ value }) => value)
  const first = message.kind === 'request' ? [message.uri] : []
  return [...first, ...values.flatMap((value) => value.match(/[^<> ]+:[^<>]+/g) ?? [])]
}

/** The scanner must not be told from the grammar: not by what is read, not by what is refused, nor with which words. */
export function expectSameReading(bytes: Uint8Array): void {
  expect(outcome(() => parseMessage(bytes))).toBe(outcome(() => byGrammar(bytes)))
  expect(outcome(() => readMessage(bytes))).toBe(outcome(() => readByGrammar(bytes)))
  const scanned = scanMessage(bytes)?.message
  if (scanned === undefined) return
  for (const uri of urisIn(scanned)) expectSameUri(uri)
  for (const view of Object.values(views)) {
    const expected = outcome(() => view(withoutMemory(scanned)))
    // The second time from what was remembered the first.
    expect(outcome(() => view(scanned))).toBe(expected)
    expect(outcome(() => view(scanned))).toBe(expected)
  }
}

export function expectSameUri(uri: string): void {
  const ours = outcome(() => parseUri(uri))
  const grammar = outcome(() => readUriByGrammar(uri))
  if (ours !== grammar) expect(ours).toBe(grammar)
}

/** Quicker, for very many messages: a different reading of what is kept shows here already. */
export function expectSameVerdict(bytes: Uint8Array): void {
  const ours = outcome(() => parseMessage(bytes))
  const grammar = outcome(() => byGrammar(bytes))
  if (ours !== grammar) expect(ours).toBe(grammar)
}
