import { describe, expect, it } from 'vitest'
import { formatHep } from './hep3.ts'

const message = {
  payload: new TextEncoder().encode('OPTIONS sip:x SIP/2.0\r\n\r\n'),
  from: { host: '10.0.0.1', port: 5060, transport: 'udp' },
  to: { host: '10.0.0.2', port: 5061, transport: 'udp' },
  at: 1_700_000_000_123.456,
  agent: 2001,
} as const

/** Chunks of vendor 0 by their type, in hex. */
function chunksOf(packet: Uint8Array | undefined): ReadonlyMap<number, string> {
  const bytes = Buffer.from(packet ?? [])
  const chunks = new Map<number, string>()
  for (let at = 6; at < bytes.length; at += bytes.readUInt16BE(at + 4)) {
    expect(bytes.readUInt16BE(at)).toBe(0)
    const end = at + bytes.readUInt16BE(at + 4)
    chunks.set(bytes.readUInt16BE(at + 2), bytes.subarray(at + 6, end).toString('hex'))
  }
  return chunks
}

describe('HEP3', () => {
  it('says who sent what to whom, and when to the microsecond', () => {
    const packet = formatHep(message)
    const chunks = chunksOf(packet)

    expect(Buffer.from(packet ?? []).toString('latin1', 0, 4)).toBe('HEP3')
    expect(Buffer.from(packet ?? []).readUInt16BE(4)).toBe(packet?.length)
    expect(Object.fromEntries(chunks)).toEqual({
      1: '02',
      2: '11',
      3: '0a000001',
      4: '0a000002',
      7: '13c4',
      8: '13c5',
      9: '6553f100',
      10: '0001e240',
      11: '01',
      12: '000007d1',
      15: Buffer.from(message.payload).toString('hex'),
    })
  })

  it('has addresses of IPv6 in their own chunks, and TLS as the TCP that carries it', () => {
    const from = { host: '2001:db8::1', port: 5061, transport: 'tls' } as const
    const chunks = chunksOf(formatHep({ ...message, from, to: { ...from, host: '2001:db8::2' } }))

    expect(chunks.get(1)).toBe('0a')
    expect(chunks.get(2)).toBe('06')
    expect(chunks.get(5)).toBe('20010db8000000000000000000000001')
    expect(chunks.has(3)).toBe(false)
  })

  it.each([
    ['a name', { to: { ...message.to, host: 'gw.example' } }],
    ['two families', { to: { ...message.to, host: '::1' } }],
    ['a message too long for one packet', { payload: new Uint8Array(65_001) }],
  ])('does not show %s', (_what, change) => {
    expect(formatHep({ ...message, ...change })).toBeUndefined()
  })
})
