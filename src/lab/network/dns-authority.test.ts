import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { epochMs } from '../../kernel/units.ts'
import { rcodeName, tsigError } from '../../protocols/dns/codes.ts'
import { type DnsMessage, decodeMessage, encodeMessage } from '../../protocols/dns/message.ts'
import { openMessage, signMessage, type TsigKey } from '../../protocols/dns/tsig.ts'
import { updateMessage } from '../../protocols/dns/update.ts'
import { createDnsAuthority } from './dns-authority.ts'
import type { ZoneRecords } from './dns-zone.ts'

interface BindCase {
  readonly id: string
  readonly key: string
  readonly request_hex: string
  readonly response_hex: string
  readonly rcode_text: string
  readonly changed: boolean
  /** `"host SRV": ["300 10 0 5060 gw.example.com."]`, relative to the zone; null: not there. */
  readonly before: Readonly<Record<string, readonly string[] | null>>
  readonly after: Readonly<Record<string, readonly string[] | null>>
}

const file = new URL('../../../test/vectors/dns/rfc2136-updates-bind.json', import.meta.url)
const bind: {
  readonly key: { readonly secret_base64: string }
  readonly cases: readonly BindCase[]
} = JSON.parse(readFileSync(file, 'utf8'))
const secret = new Uint8Array(Buffer.from(bind.key.secret_base64, 'base64'))
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const types = ['A', 'AAAA', 'CNAME', 'SRV', 'NS', 'TXT'] as const

/** The zone of the vectors, `zone_before_first_case`. */
const zoneBefore: Readonly<Record<string, readonly string[]>> = {
  '@ NS': ['300 ns1.example.com.'],
  'ns1 A': ['300 127.0.0.1'],
  '_sip._tcp.sitea SRV': ['300 10 0 5060 legacy-gw.example.com.'],
  'legacy-gw A': ['300 192.0.2.10'],
  'inbound.voice CNAME': ['300 legacy-gw.example.com.'],
  'multi A': ['300 192.0.2.21', '300 192.0.2.22'],
  'txt TXT': ['300 "changeover-owner=v1"'],
}

/** What requests that are not among the vectors had changed before, as the cases' titles tell. */
const changedBefore: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'delete-absent': { 'multi A': ['300 192.0.2.22'] },
  'add-if-absent-2': { 'new A': ['300 192.0.2.50'] },
}

function recordsFrom(sets: Readonly<Record<string, readonly string[] | null>>): ZoneRecords[] {
  return Object.entries(sets).flatMap(([key, lines]) => {
    const [host = '', typeText = ''] = key.split(' ')
    const type = types.find((one) => one === typeText)
    if (type === undefined || lines === null || lines.length === 0) return []
    const name = host === '@' ? 'example.com' : `${host}.example.com`
    const values = lines.map((line) => line.slice(line.indexOf(' ') + 1))
    return [{ name, type, ttl: Number.parseInt(lines[0] ?? '', 10), values }]
  })
}

const asText = (records: readonly ZoneRecords[]) =>
  records
    .map(({ name, type, ttl, values }) =>
      [name, type, ttl, ...values.map((value) => value.replace(/\.$/, '')).sort()].join(' '),
    )
    .sort()

function keyFor({ key }: BindCase): TsigKey {
  const name = key === 'wrong.' ? 'upd.' : key
  return { name, algorithm: name === 'upd512.' ? 'hmac-sha512' : 'hmac-sha256', secret }
}

function timeOf(message: DnsMessage): number {
  const data = message.additional.at(-1)?.data
  return data?.kind === 'TSIG' ? data.timeSigned : 0
}

describe('the simulated authority', () => {
  it.each(bind.cases)('answers and changes as BIND did: $id', async (given) => {
    const request = bytesOf(given.request_hex)
    const wireNow = () => epochMs(timeOf(decodeMessage(request)) * 1000)
    const authority = createDnsAuthority({
      zone: 'example.com',
      records: recordsFrom({ ...zoneBefore, ...changedBefore[given.id], ...given.before }),
      key: keyFor(given),
      now: () => epochMs(0),
      wireNow,
    })
    const before = asText(authority.records())

    const answer = await authority.primary(request, 'tcp')

    if (answer === undefined) throw new TypeError('silent')
    const theirs = decodeMessage(bytesOf(given.response_hex))
    const ours = decodeMessage(answer)
    expect(rcodeName(ours.rcode)).toBe(given.rcode_text)
    expect(tsigErrorOf(ours)).toBe(tsigErrorOf(theirs))
    expect(authority.serial()).toBe(given.changed ? 2 : 1)
    const expected = recordsFrom({ ...zoneBefore, ...given.before, ...given.after })
    expect(asText(authority.records())).toEqual(given.changed ? asText(expected) : before)
  })

  it('signs what its clock says to one whose clock is wrong (RFC 8945 §5.2.3)', async () => {
    const key: TsigKey = { name: 'k', algorithm: 'hmac-sha256', secret }
    const authority = createDnsAuthority({
      zone: 'example.com',
      records: [],
      key,
      now: () => epochMs(5_000_000),
    })
    const update = updateMessage(1, { zone: 'example.com', conditions: [], changes: [] })
    const signed = signMessage(update, key, { timeSigned: 1000 })

    const answer = await authority.primary(signed.bytes, 'udp')

    if (answer === undefined) throw new TypeError('silent')
    const context = { nowSeconds: 1000, requestMac: signed.mac }
    const { verdict } = openMessage(answer, [key], context)
    if (verdict.kind !== 'bad-time') throw new TypeError(verdict.kind)
    expect(verdict.tsig.data.error).toBe(tsigError.BADTIME)
    expect(Buffer.from(verdict.tsig.data.other).readUIntBE(0, 6)).toBe(5000)
  })

  it('takes no unsigned update, and says nothing to noise', async () => {
    const key: TsigKey = { name: 'k', algorithm: 'hmac-sha256', secret }
    const options = { zone: 'example.com', records: recordsFrom(zoneBefore), now: () => epochMs(0) }
    const authority = createDnsAuthority({ ...options, key })
    const update = updateMessage(1, {
      zone: 'example.com',
      conditions: [],
      changes: [{ kind: 'delete-rrset', name: 'multi.example.com', type: 1 }],
    })

    const answer = await authority.primary(encodeMessage(update), 'udp')
    const noise = await authority.primary(new Uint8Array([1, 2, 3]), 'udp')

    expect(answer && rcodeName(decodeMessage(answer).rcode)).toBe('REFUSED')
    expect(noise).toBeUndefined()
    expect(authority.serial()).toBe(1)
  })
})

function tsigErrorOf({ additional }: DnsMessage): number | undefined {
  const data = additional.at(-1)?.data
  return data?.kind === 'TSIG' ? data.error : undefined
}
