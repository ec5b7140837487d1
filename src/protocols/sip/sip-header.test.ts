import { describe, expect, it } from 'vitest'
import { contactOf, fromOf, topVia, viasOf } from './headers.ts'
import { type SipMessage, withHeader } from './message.ts'
import { parseMessage } from './parse-message.ts'

const text = [
  'OPTIONS sip:gw.example SIP/2.0',
  'Via: SIP/2.0/UDP a.example;branch=z9hG4bK1',
  'Via: SIP/2.0/UDP b.example;branch=z9hG4bK2',
  'From: <sip:a@a.example>;tag=1',
  'To: <sip:b@b.example>',
  'Contact: <sip:a@a.example>',
  'Call-ID: 1',
  'CSeq: 1 OPTIONS',
  '\r\n',
].join('\r\n')

function parsed(): SipMessage {
  const message = parseMessage(Buffer.from(text))
  // So that there is something to remember.
  topVia(message)
  fromOf(message)
  contactOf(message)
  return message
}

describe('what is remembered of a header', () => {
  it('is read once', () => {
    const message = parsed()

    expect(fromOf(message)).toBe(fromOf(message))
    expect(topVia(message)).toBe(topVia(message))
    expect(contactOf(message)).toBe(contactOf(message))
  })

  it('is of no other value: the header list stays the truth', () => {
    const message = parsed()

    const marked = withHeader(message, 'via', 'SIP/2.0/UDP c.example;branch=z9hG4bK3')
    const [first, ...others] = message.headers
    const rewritten = {
      ...message,
      headers: [{ ...first, value: 'SIP/2.0/TCP d.example' }, ...others],
    }
    const without = { ...message, headers: others }

    expect(topVia(marked).host).toBe('c.example')
    expect(viasOf(marked).map(({ host }) => host)).toEqual(['c.example', 'b.example'])
    expect(topVia(rewritten as SipMessage)).toEqual({
      transport: 'TCP',
      host: 'd.example',
      parameters: {},
    })
    expect(topVia(without).host).toBe('b.example')
    expect(topVia(message).host).toBe('a.example')
  })

  it('is no part of the header that others see', () => {
    const [first] = parsed().headers

    expect(Object.keys(first ?? {})).toEqual(['name', 'value'])
    expect(JSON.parse(JSON.stringify(first))).toEqual({ ...first })
  })

  it('is of the top Via alone when another in its field is broken', () => {
    const broken = withHeader(parsed(), 'Via', 'SIP/2.0/UDP c.example;branch=z9hG4bK3, nonsense')

    expect(topVia(broken).host).toBe('c.example')
    expect(() => viasOf(broken)).toThrow('Via cannot be read')
    expect(topVia(broken).host).toBe('c.example')
  })
})
