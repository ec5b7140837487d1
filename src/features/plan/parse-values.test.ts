import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseNumbers } from './parse-numbers.ts'
import {
  parseDurationText,
  parseHostPort,
  parseLimitText,
  parsePercentText,
  parseRecordName,
  parseSecondsText,
  parseSecretText,
  parseSipText,
  parseUrlText,
  parseWindowText,
} from './parse-values.ts'

describe('durations', () => {
  it('reads every duration that is built of whole units', () => {
    const part = fc.tuple(
      fc.nat(5000),
      fc.constantFrom(['s', 1000], ['m', 60_000], ['min', 60_000], ['h', 3_600_000]),
    )
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
        const text = parts.map(([amount, [unit]]) => `${amount}${unit}`).join(' ')
        const expected = parts.reduce(
          (sum, [amount, [, factor]]) => sum + amount * Number(factor),
          0,
        )
        expect(parseDurationText(text)).toEqual({ ok: true, value: expected })
      }),
    )
  })

  it.each(['72', '', 'soon', '3 weeks', '-5m', '5m later'])(
    'refuses %j and says what to write',
    (text) => {
      const parsed = parseDurationText(text)

      expect(parsed).toMatchObject({ ok: false, problem: expect.stringContaining('72h') })
    },
  )

  it('refuses a TTL with half a second', () => {
    expect(parseSecondsText('1500ms').ok).toBe(false)
    expect(parseSecondsText('5m')).toEqual({ ok: true, value: 300 })
  })
})

describe('percentages and limits', () => {
  it('reads what was written, to the last digit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), (hundredths) => {
        const text = `${hundredths / 100}%`
        expect(parsePercentText(text)).toEqual({ ok: true, value: hundredths / 100 })
        expect(parseLimitText(text)).toEqual({
          ok: true,
          value: { unit: 'ratio', value: hundredths / 10_000 },
        })
      }),
    )
  })

  it.each([
    ['1200ms', { unit: 'ms', value: 1200 }],
    ['2s', { unit: 'ms', value: 2000 }],
    ['3', { unit: 'plain', value: 3 }],
  ])('reads the limit %s', (text, value) => {
    expect(parseLimitText(text)).toEqual({ ok: true, value })
  })

  it.each(['101%', '-1%', 'a lot', '10 percent'])('refuses %j', (text) => {
    expect(parseLimitText(text).ok).toBe(false)
    expect(parsePercentText(text).ok).toBe(false)
  })
})

describe('number ranges', () => {
  it('expands a range whose end has its last digits only', () => {
    const parsed = parseNumbers('+1 214 555 0100 - 0149')

    expect(parsed.ok && parsed.value).toHaveLength(50)
    expect(parsed).toMatchObject({
      value: expect.arrayContaining(['+12145550100', '+12145550149']),
    })
  })

  it('has as many numbers as the ends are apart, each E.164 and once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9000 }), fc.nat(900), (first, more) => {
        const pad = (value: number) => String(value).padStart(4, '0')
        const parsed = parseNumbers(`+1 (214) 555-${pad(first)} - ${pad(first + more)}`)
        const numbers = parsed.ok ? parsed.value : []
        expect(new Set(numbers).size).toBe(more + 1)
        expect(numbers.every((number) => /^\+1214555\d{4}$/.test(number))).toBe(true)
      }),
    )
  })

  it.each([
    ['+1 214 555 0149 - 0100', 'runs backwards'],
    ['214 555 0100', 'E.164'],
    ['+1 214 555 0100 - 12345678901234', 'end'],
    ['+12145550100 - +4420794601', 'end'],
    ['+1 214 550 0000 - 559 9999', '100000 numbers'],
    ['+0 214 555 0100', 'E.164'],
  ])('refuses %s: %s', (text, because) => {
    expect(parseNumbers(text)).toMatchObject({
      ok: false,
      problem: expect.stringContaining(because),
    })
  })
})

describe('addresses', () => {
  it.each([
    ['10.0.0.53', { host: '10.0.0.53', port: 53 }],
    ['10.0.0.53:5353', { host: '10.0.0.53', port: 5353 }],
    ['[2001:db8::53]:5353', { host: '2001:db8::53', port: 5353 }],
    ['2001:db8::53', { host: '2001:db8::53', port: 53 }],
    ['ns1.acme.example', { host: 'ns1.acme.example', port: 53 }],
  ])('reads %s', (text, value) => {
    expect(parseHostPort(text, 53)).toEqual({ ok: true, value })
  })

  it.each([
    '10.0.0.256',
    '10.0.0',
    '[::1',
    'a b',
    '10.0.0.53:0',
    '10.0.0.53:65536',
    'x:y',
    '[10.0.0.1]',
  ])('refuses %s', (text) => {
    expect(parseHostPort(text, 53).ok).toBe(false)
  })

  it.each([
    ['sip:sbc.acme.example', { host: 'sbc.acme.example', port: 5060, transport: 'udp' }],
    ['sip:10.0.0.1:5080;transport=TCP', { host: '10.0.0.1', port: 5080, transport: 'tcp' }],
    ['sips:sbc.acme.example', { host: 'sbc.acme.example', port: 5061, transport: 'tls' }],
    ['sip:[2001:db8::1];transport=tls', { host: '2001:db8::1', port: 5061, transport: 'tls' }],
  ])('reads the gateway %s', (text, value) => {
    expect(parseSipText(text)).toEqual({ ok: true, value })
  })

  it.each([
    'sbc.acme.example',
    'sip:a;transport=sctp',
    'sips:a;transport=udp',
    'sip:a;lr;transport=tcp',
  ])('refuses the gateway %s', (text) => {
    expect(parseSipText(text).ok).toBe(false)
  })

  it('D6 refuses a URI as a record name', () => {
    expect(parseRecordName('sip:nice.example.com:5060')).toMatchObject({
      ok: false,
      problem: expect.stringContaining('is a URI; a DNS record has a name'),
    })
    expect(parseRecordName('_sip._tcp.Dallas.Acme.example.')).toEqual({
      ok: true,
      value: '_sip._tcp.dallas.acme.example',
    })
  })
})

describe('secrets', () => {
  it('reads a name or a file', () => {
    expect(parseSecretText('env:SBC_TOKEN')).toEqual({
      ok: true,
      value: { from: 'env', name: 'SBC_TOKEN' },
    })
    expect(parseSecretText('file:secrets/a b')).toEqual({
      ok: true,
      value: { from: 'file', path: 'secrets/a b' },
    })
  })

  it.each([
    [parseSecretText, 'hunter2'],
    [parseUrlText, 'http://admin:hunter2@10.0.0.5/RPC'],
    [parseUrlText, 'htp://admin:hunter2@10.0.0.5/RPC'],
    [parseSipText, 'sip:admin:hunter2@10.0.0.5'],
  ])('never repeats what may be one', (parse, text) => {
    const parsed = parse(text)

    expect(parsed.ok).toBe(false)
    expect(JSON.stringify(parsed)).not.toContain('hunter2')
  })
})

describe('windows', () => {
  it.each(['2026-12-05 22:00', '.. 2026-12-05 22:00', 'a .. b .. c', ''])('refuses %j', (text) => {
    expect(parseWindowText(text).ok).toBe(false)
  })
})

describe('every parser', () => {
  const parsers = [
    parseDurationText,
    parseSecondsText,
    parsePercentText,
    parseLimitText,
    parseSecretText,
    parseSipText,
    parseUrlText,
    parseRecordName,
    parseWindowText,
    parseNumbers,
    (text: string) => parseHostPort(text, 53),
  ]

  it('answers any text with a value or a sentence', () => {
    fc.assert(
      fc.property(fc.constantFrom(...parsers), fc.string({ unit: 'binary' }), (parse, text) => {
        const parsed = parse(text)
        expect(parsed.ok || parsed.problem.length > 0).toBe(true)
      }),
    )
  })
})
