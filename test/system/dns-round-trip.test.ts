import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRfc2136 } from '../../src/adapters/dns/index.ts'
import { DnsUnreachableError, type RecordSet } from '../../src/features/dns-control/index.ts'
import { epoch } from '../../src/kernel/authority.ts'
import type { WireClock } from '../../src/kernel/clock.ts'
import { recordName } from '../../src/kernel/ids.ts'
import { epochMs, seconds } from '../../src/kernel/units.ts'
import { createDnsAuthority } from '../../src/lab/network/dns-authority.ts'
import { createMemoryDnsTransport } from '../../src/lab/network/dns-memory.ts'
import { dnsRcode } from '../../src/protocols/dns/codes.ts'
import { decodeMessage, dnsResponse, encodeMessage } from '../../src/protocols/dns/message.ts'
import { formatData, parseData } from '../../src/protocols/dns/presentation.ts'
import type { DnsHandler } from '../../src/protocols/dns/transport.ts'
import type { TsigKey } from '../../src/protocols/dns/tsig.ts'

const zone = 'voice.example'
const name = recordName(`site.${zone}`)
const server = { host: '192.0.2.1', port: 53 }
const key: TsigKey = {
  name: 'changeover',
  algorithm: 'hmac-sha512',
  secret: new Uint8Array(64).fill(5),
}
const signal = new AbortController().signal
const wireClock: WireClock = {
  kind: 'wire',
  now: () => epochMs(1_800_000_000_000),
  sleep: () => Promise.resolve(),
}
const limits = {
  signal,
  deadline: epochMs(1_800_000_003_000),
  epoch: epoch(1),
  confirmLease: () => Promise.resolve(),
}
const providerAt = (handler: DnsHandler) =>
  createRfc2136({
    zone,
    server,
    key,
    transport: createMemoryDnsTransport(() => handler),
    wireClock,
  })

const u16 = fc.integer({ min: 0, max: 65_535 })
const host = fc.domain().filter((text) => text.length < 200)
const values = fc.oneof(
  fc.record({ type: fc.constant('A' as const), values: setOf(fc.ipV4()) }),
  fc.record({ type: fc.constant('AAAA' as const), values: setOf(fc.ipV6()) }),
  fc.record({ type: fc.constant('CNAME' as const), values: fc.tuple(host) }),
  fc.record({
    type: fc.constant('SRV' as const),
    values: setOf(
      fc.tuple(u16, u16, u16, host).map(([a, b, c, target]) => `${a} ${b} ${c} ${target}.`),
    ),
  }),
)
const recordSet = fc
  .record({ ttl: fc.integer({ min: 1, max: 86_400 }), set: values })
  .map(({ ttl, set }): RecordSet => ({ name, ttl: seconds(ttl), ...set }))

function setOf(value: fc.Arbitrary<string>) {
  return fc.array(value, { minLength: 1, maxLength: 6 })
}

function normal(set: RecordSet): RecordSet {
  const texts = set.values.map((value) => formatData(parseData(set.type, value)) ?? '')
  return { ...set, values: [...new Set(texts)].sort() }
}

describe('records on their way to a server and back', () => {
  it('D10 reads back what it wrote, whatever the values; and takes it back again', async () => {
    await fc.assert(
      fc.asyncProperty(recordSet, async (set) => {
        const authority = createDnsAuthority({ zone, key, records: [], now: wireClock.now })
        const provider = providerAt(authority.primary)
        const none = { ...set, values: [] }

        await provider.replaceRecord(none, set, limits)
        const there = await provider.readRecord(name, set.type, signal)
        await provider.replaceRecord(set, none, limits)

        expect(there).toEqual(normal(set))
        expect(authority.records()).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  it.each([
    ['an empty answer', dnsRcode.NXDOMAIN],
    ['a failed condition', dnsRcode.NXRRSET],
    ['success', dnsRcode.NOERROR],
  ])('believes no unsigned answer that claims %s', async (_what, rcode) => {
    const forger: DnsHandler = (bytes) => {
      const query = { ...decodeMessage(bytes), additional: [] }
      const flags = { authoritative: true }
      return Promise.resolve(encodeMessage(dnsResponse(query, { rcode, flags })))
    }

    const reading = providerAt(forger).readRecord(name, 'A', signal)

    await expect(reading).rejects.toBeInstanceOf(DnsUnreachableError)
  })
})
