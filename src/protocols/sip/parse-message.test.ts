import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { connectionOf } from '../sdp/description.ts'
import { descriptionIn } from '../sdp/first-codec.ts'
import { SipFormatError } from './errors.ts'
import { formatMessage } from './format-message.ts'
import { contactOf, cseqOf, fromOf, listValues, toOf, topVia } from './headers.ts'
import { headerValue, type SipMessage } from './message.ts'
import { parseMessage } from './parse-message.ts'
import { parseUri } from './uri.ts'

const vectors = new URL('../../../test/vectors/sip/', import.meta.url)
const read = (path: string) => new Uint8Array(readFileSync(new URL(path, vectors)))
const bytes = (text: string) => new TextEncoder().encode(text)

interface Torture {
  readonly name: string
  readonly kind: 'request' | 'response'
  readonly well_formed: boolean
  readonly allowed: readonly string[]
  readonly facts?: Readonly<Record<string, unknown>>
}

function expectations(folder: string): readonly Torture[] {
  return JSON.parse(new TextDecoder().decode(read(`${folder}/expected.json`))).messages
}

function verdict(message: Uint8Array): { status?: number; message?: SipMessage } {
  try {
    return { message: parseMessage(message) }
  } catch (error) {
    if (error instanceof SipFormatError) return { status: error.status }
    throw error
  }
}

/** Of the first stream. */
function sdpAddress({ body }: SipMessage): string | undefined {
  const description = descriptionIn(body)
  const [stream] = description?.media ?? []
  return description && stream && connectionOf(description, stream)?.address
}

/** The facts of expected.json that a parser is answerable for. */
function factsOf(message: SipMessage): Record<string, unknown> {
  const uri = message.kind === 'request' ? parseUri(message.uri) : undefined
  const sip = uri?.kind === 'sip' ? uri : undefined
  return {
    method: message.kind === 'request' ? message.method : undefined,
    status: message.kind === 'response' ? message.status : undefined,
    reason: message.kind === 'response' ? message.reason : undefined,
    cseq: cseqOf(message).number,
    max_forwards: Number(headerValue(message, 'Max-Forwards')),
    via_count: listValues(message, 'Via').length,
    contact_count: listValues(message, 'Contact').length,
    to_tag: toOf(message).parameters['tag'],
    from_tag: fromOf(message).parameters['tag'],
    subject: headerValue(message, 'Subject'),
    contact_q: Number(contactOf(message)?.parameters['q']),
    ruri_host: sip?.host,
    ruri_port: sip?.port ?? null,
    ruri_user_decoded: decodeURIComponent(sip?.user ?? ''),
    body_bytes: message.body.length,
    body_has_nul: message.body.includes(0),
    via_received: topVia(message).parameters['received']?.replaceAll(/[[\]]/g, ''),
    sdp_connection: sdpAddress(message),
  }
}

describe('RFC 4475 torture messages', () => {
  it.each(expectations('rfc4475'))('$name is judged as the RFC says', (torture) => {
    const found = verdict(read(`rfc4475/${torture.name}.sip`))

    // What 4xx, 5xx or drop a sound message deserves is for the layers above; the parser must take it.
    const mayParse = torture.well_formed || torture.allowed.includes('accept')
    if (found.message === undefined) expect(torture.allowed).toContain(String(found.status))
    else expect(mayParse).toBe(true)
    if (torture.well_formed) expect(found.message?.kind).toBe(torture.kind)
  })

  it('reads the facts that the RFC names', () => {
    for (const { name, facts = {}, well_formed } of expectations('rfc4475')) {
      if (!well_formed) continue
      const found = factsOf(parseMessage(read(`rfc4475/${name}.sip`)))
      for (const [fact, value] of Object.entries(facts)) {
        if (fact in found) expect({ name, [fact]: found[fact] }).toEqual({ name, [fact]: value })
      }
    }
  })

  it('takes wsinv apart: folding, compact forms, quotes', () => {
    const message = parseMessage(read('rfc4475/wsinv.sip'))

    expect(fromOf(message).display).toBe('J Rosenberg \\"')
    expect(contactOf(message)?.display).toBe('Quoted string ""')
    expect(headerValue(message, 'NewFangledHeader')).toBe(
      'newfangled value continued newfangled value',
    )
    expect(topVia(message)).toEqual({
      transport: 'UDP',
      host: '192.0.2.2',
      parameters: { branch: '390skdjuw' },
    })
  })
})

describe('header lists', () => {
  it('are split at commas that stand outside quotes and outside <…>', () => {
    const contact = '"Last, First" <sip:a,b@x.example>;q=1, sip:c@y.example'
    const request = new TextDecoder().decode(read('rfc4475/semiuri.sip'))
    const message = parseMessage(
      bytes(request.replace(/^Max-Forwards/m, `m: ${contact}\r\nMax-Forwards`)),
    )

    const [first, second] = listValues(message, 'Contact')

    expect([first, second]).toEqual(['"Last, First" <sip:a,b@x.example>;q=1', 'sip:c@y.example'])
    expect(contactOf(message)?.uri).toBe('sip:a,b@x.example')
  })
})

describe('RFC 5118 torture messages (IPv6)', () => {
  it.each(expectations('rfc5118'))('$name with CRLF is judged as the RFC says', (torture) => {
    const file = torture.name === 'ipv6-in-sdp' ? 'ipv6-in-sdp.fixed' : `${torture.name}.crlf`

    const found = verdict(read(`rfc5118/${file}.sip`))

    expect(found.message !== undefined).toBe(torture.allowed.includes('accept'))
    if (found.message === undefined) return
    const facts = factsOf(found.message)
    for (const [fact, value] of Object.entries(torture.facts ?? {})) expect(facts[fact]).toBe(value)
  })

  it.each(expectations('rfc5118'))(
    '$name as published is refused or read, nothing else',
    ({ name }) => {
      const { status, message } = verdict(read(`rfc5118/${name}.sip`))

      expect(status === 400 || message !== undefined).toBe(true)
    },
  )
})

/** The RFCs print Request-URIs without a scheme, and remarks that continue a Content-Length. */
function isMisprint(text: string): boolean {
  const [first = ''] = text.split('\r\n')
  const noScheme = first.endsWith(' SIP/2.0') && !/^\S+ \w+:/.test(first)
  return noScheme || /^Content-Length: *\d+\r\n[ \t]/m.test(text)
}

describe('RFC 3665 and 3666 call flows', () => {
  interface Flow {
    readonly section: string
    readonly facts: { readonly content_length_mismatch_in_print: readonly string[] }
    readonly steps: readonly { readonly label: string; readonly message: string }[]
  }
  const flows: readonly Flow[] = JSON.parse(
    new TextDecoder().decode(read('rfc3665-3666-call-flows.json')),
  ).flows

  it.each(flows)('$section is read, and written so that it reads the same', ({ facts, steps }) => {
    for (const { label, message: text } of steps) {
      if (facts.content_length_mismatch_in_print.includes(label)) continue
      if (isMisprint(text)) {
        expect(verdict(bytes(text)).status, label).toBe(400)
        continue
      }

      const message = parseMessage(bytes(text))
      const again = parseMessage(formatMessage(message))

      const unordered = (parsed: SipMessage) => ({
        ...parsed,
        headers: parsed.headers.filter(({ name }) => name !== 'Content-Length'),
      })
      expect(unordered(again)).toEqual(unordered(message))
    }
  })
})
