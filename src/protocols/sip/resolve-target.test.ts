import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../kernel/random.ts'
import {
  type NaptrRecord,
  type ResolvedTarget,
  resolveTarget,
  type SipTransportName,
  type SrvRecord,
} from './resolve-target.ts'
import { parseUri } from './uri.ts'

interface Zone {
  readonly naptr?: Readonly<Record<string, readonly NaptrRecord[]>>
  readonly srv?: Readonly<Record<string, readonly SrvRecord[]>>
  readonly addresses?: Readonly<Record<string, readonly string[]>>
}

function resolve(
  text: string,
  zone: Zone,
  more: { readonly supported?: readonly SipTransportName[]; readonly seed?: number } = {},
): Promise<readonly ResolvedTarget[]> {
  const uri = parseUri(text)
  if (uri.kind !== 'sip') throw new Error(`${text} is no SIP URI`)
  const names = {
    naptr: async (name: string) => zone.naptr?.[name] ?? [],
    srv: async (name: string) => zone.srv?.[name] ?? [],
    addresses: async (name: string) => zone.addresses?.[name] ?? [],
  }
  const supported = more.supported ?? ['tls', 'tcp', 'udp']
  return resolveTarget(uri, { names, supported, random: createRandom(more.seed ?? 1) })
}

async function whereTo(...given: Parameters<typeof resolve>): Promise<readonly string[]> {
  const targets = await resolve(...given)
  return targets.map(({ transport, host, port }) => `${transport} ${host} ${port}`)
}

const naptr = (order: number, service: string, replacement: string, flags = 's') => ({
  order,
  preference: 50,
  flags,
  service,
  replacement,
})
const srv = (priority: number, weight: number, port: number, target: string) => ({
  priority,
  weight,
  port,
  target,
})

/** The zone of RFC 3263 §4.1 and §4.2, with addresses. */
const rfc: Zone = {
  naptr: {
    'example.com': [
      naptr(100, 'SIP+D2U', '_sip._udp.example.com'),
      naptr(50, 'SIPS+D2T', '_sips._tcp.example.com'),
      naptr(90, 'SIP+D2T', '_sip._tcp.example.com'),
    ],
  },
  srv: {
    '_sip._tcp.example.com': [
      srv(0, 1, 5060, 'server1.example.com'),
      srv(0, 2, 5060, 'server2.example.com'),
    ],
    '_sips._tcp.example.com': [srv(0, 1, 5061, 'server3.example.com')],
    '_sip._udp.example.com': [srv(0, 1, 5060, 'server1.example.com')],
  },
  addresses: {
    'server1.example.com': ['192.0.2.1', '2001:db8::1'],
    'server2.example.com': ['192.0.2.2'],
    'server3.example.com': ['192.0.2.3'],
    'example.com': ['192.0.2.9'],
  },
}

describe('where a SIP URI leads (RFC 3263)', () => {
  it.each([
    ['an address', 'sip:192.0.2.7', ['udp 192.0.2.7 5060']],
    ['an address of IPv6', 'sip:[2001:db8::7]:5080', ['udp 2001:db8::7 5080']],
    ['an address by TCP', 'sip:192.0.2.7;transport=tcp', ['tcp 192.0.2.7 5060']],
    ['sips is TLS', 'sips:192.0.2.7', ['tls 192.0.2.7 5061']],
    ['TCP of sips is TLS', 'sips:192.0.2.7;transport=tcp', ['tls 192.0.2.7 5061']],
    ['maddr goes before the host', 'sip:example.com;maddr=192.0.2.8', ['udp 192.0.2.8 5060']],
    ['a port asks for no SRV', 'sip:example.com:5062', ['udp 192.0.2.9 5062']],
  ])('%s', async (_what, uri, expected) => {
    expect(await whereTo(uri, rfc)).toEqual(expected)
  })

  it('NAPTR says which transport goes first, for those that we have', async () => {
    const tcpFirst = await whereTo('sip:example.com', rfc, { supported: ['tcp', 'udp'] })

    expect((await whereTo('sip:example.com', rfc))[0]).toBe('tls 192.0.2.3 5061')
    expect(tcpFirst.slice(0, 3).toSorted()).toEqual([
      'tcp 192.0.2.1 5060',
      'tcp 192.0.2.2 5060',
      'tcp 2001:db8::1 5060',
    ])
    expect(tcpFirst.slice(3)).toEqual(['udp 192.0.2.1 5060', 'udp 2001:db8::1 5060'])
  })

  it('a sips URI takes no other service than SIPS', async () => {
    expect(await whereTo('sips:example.com', rfc)).toEqual(['tls 192.0.2.3 5061'])
  })

  it('a transport that is named asks for its SRV and no NAPTR', async () => {
    const found = await whereTo('sip:example.com;transport=udp', rfc)

    expect(found).toEqual(['udp 192.0.2.1 5060', 'udp 2001:db8::1 5060'])
  })

  it('without NAPTR the first of our transports that has SRV, without SRV the name itself', async () => {
    const { srv: records, addresses } = rfc
    const zone = { srv: records ?? {}, addresses: addresses ?? {} }

    expect(await whereTo('sip:example.com', zone, { supported: ['udp', 'tcp'] })).toEqual([
      'udp 192.0.2.1 5060',
      'udp 2001:db8::1 5060',
    ])
    expect(await whereTo('sip:example.com', { addresses: zone.addresses })).toEqual([
      'udp 192.0.2.9 5060',
    ])
    expect(await whereTo('sips:example.com', { addresses: zone.addresses })).toEqual([
      'tls 192.0.2.9 5061',
    ])
  })

  it('a certificate must hold the name of the URI, not that of the server it leads to', async () => {
    const [first] = await resolve('sips:example.com', rfc)

    expect(first).toMatchObject({ host: '192.0.2.3', serverName: 'example.com' })
    expect(first?.because).toBe(
      'NAPTR SIPS+D2T → _sips._tcp.example.com; SRV _sips._tcp.example.com 0 1 5061 server3.example.com',
    )
  })

  it('a dot says that the service is not there; nothing at all is an error', async () => {
    const gone = { srv: { '_sip._udp.example.com': [srv(0, 0, 0, '.')] } }

    await expect(whereTo('sip:example.com', gone, { supported: ['udp'] })).rejects.toMatchObject({
      code: 'sip.name-unknown',
    })
  })

  it('lower priorities go first; among equals each comes once, the heavier one first more often', async () => {
    const firsts = new Map<string, number>()
    for (let seed = 1; seed <= 600; seed += 1) {
      const zone = {
        srv: {
          '_sip._udp.x': [
            srv(2, 9, 1, '192.0.2.3'),
            srv(1, 3, 1, '192.0.2.1'),
            srv(1, 1, 1, '192.0.2.2'),
          ],
        },
      }
      const found = await whereTo('sip:x;transport=udp', zone, { seed })
      expect(found.toSorted()).toEqual(['udp 192.0.2.1 1', 'udp 192.0.2.2 1', 'udp 192.0.2.3 1'])
      expect(found[2]).toBe('udp 192.0.2.3 1')
      firsts.set(found[0] ?? '', (firsts.get(found[0] ?? '') ?? 0) + 1)
    }

    // RFC 2782: drawn from 0 to the sum of weights, the light one by 0 and 1 of 0 to 4.
    expect(firsts.get('udp 192.0.2.1 1')).toBeGreaterThan(300)
    expect(firsts.get('udp 192.0.2.2 1')).toBeGreaterThan(150)
  })

  it('whatever the records are, each address is there once per record and nothing is made up', async () => {
    const record = fc.record({
      priority: fc.integer({ min: 0, max: 3 }),
      weight: fc.integer({ min: 0, max: 5 }),
      port: fc.integer({ min: 1, max: 65_535 }),
      target: fc.ipV4(),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 8 }),
        fc.nat(),
        async (records, seed) => {
          const zone = { srv: { '_sip._tcp.x': records } }
          const found = await resolve('sip:x;transport=tcp', zone, { seed })
          const key = ({ host, port }: { host: string; port: number }) => `${host} ${port}`
          expect(found.map(key).toSorted()).toEqual(
            records.map(({ target, port }) => `${target} ${port}`).toSorted(),
          )
        },
      ),
      { numRuns: 200 },
    )
  })
})
