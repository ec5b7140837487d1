import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDns, createRfc2136 } from '../../src/adapters/dns/index.ts'
import {
  DnsRefusedError,
  DnsUnreachableError,
  NoZoneError,
  RecordChangedError,
  type RecordSet,
} from '../../src/features/dns-control/index.ts'
import { epoch, type WriteLimits } from '../../src/kernel/authority.ts'
import type { WireClock } from '../../src/kernel/clock.ts'
import { recordName } from '../../src/kernel/ids.ts'
import { epochMs, ms, seconds } from '../../src/kernel/units.ts'
import { createVirtualTime } from '../../src/kernel/virtual-clock.ts'
import { createDnsAuthority } from '../../src/lab/network/dns-authority.ts'
import { createMemoryDnsTransport } from '../../src/lab/network/dns-memory.ts'
import { createDnsResolver } from '../../src/lab/network/dns-resolver.ts'
import { type ServedDns, serveDns } from '../../src/lab/network/dns-socket.ts'
import type { DnsHandler, DnsServer, DnsTransport } from '../../src/protocols/dns/transport.ts'
import { createSocketDnsTransport } from '../../src/protocols/dns/transport-socket.ts'
import type { TsigKey } from '../../src/protocols/dns/tsig.ts'

const zone = 'voice.example'
const name = recordName('_sip._tcp.dallas.voice.example')
const key: TsigKey = {
  name: 'changeover',
  algorithm: 'hmac-sha256',
  secret: new Uint8Array(32).fill(7),
}
const old: RecordSet = {
  name,
  type: 'SRV',
  ttl: seconds(300),
  values: ['10 0 5060 pbx.voice.example'],
}
const next: RecordSet = { ...old, ttl: seconds(60), values: ['10 0 5060 cloud.voice.example'] }
const never = new AbortController().signal
const wireClock: WireClock = {
  kind: 'wire',
  now: () => epochMs(Date.now()),
  sleep: (duration) => new Promise((resolve) => setTimeout(resolve, duration)),
}

function limits(changes: Partial<WriteLimits> = {}): WriteLimits {
  return {
    signal: never,
    deadline: epochMs(Date.now() + 3000),
    epoch: epoch(1),
    confirmLease: () => Promise.resolve(),
    ...changes,
  }
}

function createWorld() {
  const time = createVirtualTime(epochMs(1_800_000_000_000))
  const authority = createDnsAuthority({
    zone,
    key,
    now: time.now,
    wireNow: wireClock.now,
    records: [
      { ...old },
      { name: zone, type: 'NS', ttl: 3600, values: ['ns1.voice.example', 'ns2.voice.example'] },
      { name: 'pbx.voice.example', type: 'A', ttl: 3600, values: ['192.0.2.10'] },
      { name: 'in.voice.example', type: 'CNAME', ttl: 120, values: ['pbx.voice.example'] },
      {
        name: 'many.voice.example',
        type: 'A',
        ttl: 60,
        values: Array.from({ length: 60 }, (_, host) => `192.0.2.${host + 1}`),
      },
    ],
  })
  return { time, authority }
}

type World = ReturnType<typeof createWorld>

describe.each(['memory', 'sockets'])('RFC 2136 provider and the lab over %s', (front) => {
  let world: World
  let served: ServedDns[]
  let transport: DnsTransport
  let primary: DnsServer
  let lagging: DnsServer

  beforeEach(async () => {
    world = createWorld()
    served = []
    const handlers: readonly DnsHandler[] = [
      world.authority.primary,
      world.authority.secondary(ms(20_000)),
    ]
    if (front === 'sockets') {
      served = await Promise.all(handlers.map((handler) => serveDns(handler)))
      transport = createSocketDnsTransport()
    } else {
      transport = createMemoryDnsTransport(({ port }) => handlers[port - 1])
    }
    primary = { host: '127.0.0.1', port: served[0]?.port ?? 1 }
    lagging = { host: '127.0.0.1', port: served[1]?.port ?? 2 }
  })
  afterEach(() => Promise.all(served.map((one) => one.close())))

  const provider = (changes: { key?: TsigKey; server?: DnsServer } = {}) =>
    createRfc2136({ zone, server: primary, key, transport, wireClock, ...changes })

  it('W1.2 changes a record when it is what was read, once', async () => {
    await provider().replaceRecord(old, next, limits())
    await provider().replaceRecord(old, next, limits())

    expect(await provider().readRecord(name, 'SRV', never)).toEqual(next)
    expect(world.authority.serial()).toBe(2)
  })

  it('lowers a TTL alone (D1), and takes values in any spelling', async () => {
    const values = ['10 0 5060 PBX.Voice.Example.']

    await provider().replaceRecord(
      { ...old, values },
      { ...old, values, ttl: seconds(60) },
      limits(),
    )

    expect(await provider().readRecord(name, 'SRV', never)).toEqual({ ...old, ttl: 60 })
  })

  it.each([
    ['the value', { ...old, values: ['10 0 5060 elsewhere.example'] }],
    ['the number of values', { ...old, values: [...old.values, '20 0 5060 b.voice.example'] }],
    ['only the TTL', { ...old, ttl: seconds(301) }],
  ])('refuses to change what somebody else changed: %s (promise 4)', async (_what, expected) => {
    const changing = provider().replaceRecord(expected, next, limits())

    await expect(changing).rejects.toBeInstanceOf(RecordChangedError)
    expect(world.authority.serial()).toBe(1)
  })

  it('X7 an update that was held up between check and send is refused by its own date, and may be tried again', async () => {
    let now = Date.now()
    const slow: WireClock = { ...wireClock, now: () => epochMs(now) }
    const world5sOn = createDnsAuthority({
      zone,
      key,
      now: world.time.now,
      wireNow: slow.now,
      records: [{ ...old }],
    })
    const memory = createMemoryDnsTransport(() => world5sOn.primary)
    const held = createRfc2136({
      zone,
      server: { host: 'memory', port: 1 },
      key,
      transport: {
        exchange(server, message, options) {
          // Only updates go by TCP: this one is frozen after everything was checked.
          if (options.protocol === 'tcp') now += 5000
          return memory.exchange(server, message, options)
        },
      },
      wireClock: slow,
    })

    const changing = held.replaceRecord(old, next, limits())

    await expect(changing).rejects.toMatchObject({
      code: 'dns.unreachable',
      details: { tsig: 'BADTIME', apart: 0 },
    })
    expect(world5sOn.serial()).toBe(1)
  })

  it('asks for the lease last; without it nothing is sent (promise 5)', async () => {
    const lost = new Error('lease lost')

    const changing = provider().replaceRecord(
      old,
      next,
      limits({ confirmLease: () => Promise.reject(lost) }),
    )

    await expect(changing).rejects.toBe(lost)
    expect(world.authority.serial()).toBe(1)
  })

  it('loses a race to somebody who writes between read and update', async () => {
    const other = { ...old, values: ['10 0 5060 other.voice.example'] }
    const confirmLease = () => provider().replaceRecord(old, other, limits())

    const changing = provider().replaceRecord(old, next, limits({ confirmLease }))

    await expect(changing).rejects.toBeInstanceOf(RecordChangedError)
    expect(await provider().readRecord(name, 'SRV', never)).toEqual(other)
  })

  it('is content when the same change was made between read and update', async () => {
    const confirmLease = () => provider().replaceRecord(old, next, limits())

    await provider().replaceRecord(old, next, limits({ confirmLease }))

    expect(world.authority.serial()).toBe(2)
  })

  it('sends nothing after the deadline, or once called off', async () => {
    const late = limits({ deadline: epochMs(Date.now() - 1) })
    const stop = AbortSignal.abort(new Error('stop'))

    await expect(provider().replaceRecord(old, next, late)).rejects.toBeInstanceOf(
      DnsUnreachableError,
    )
    await expect(provider().replaceRecord(old, next, limits({ signal: stop }))).rejects.toThrow(
      'stop',
    )
    expect(world.authority.serial()).toBe(1)
  })

  it.each([
    ['an unknown key', { ...key, name: 'stranger' }, 'does not know a key'],
    ['another algorithm', { ...key, algorithm: 'hmac-sha512' as const }, 'does not know a key'],
    ['a wrong secret', { ...key, secret: new Uint8Array(32) }, 'secret is not the one'],
  ])('says what to do about %s', async (_what, wrong, because) => {
    const probe = await provider({ key: wrong }).probeWrite(name, 'SRV', never)
    const changing = provider({ key: wrong }).replaceRecord(old, next, limits())

    expect(probe).toEqual({ permitted: false, because: expect.stringContaining(because) })
    await expect(changing).rejects.toBeInstanceOf(DnsRefusedError)
    expect(world.authority.serial()).toBe(1)
  })

  it('P1.1 proves the right to change without a change', async () => {
    expect(await provider().probeWrite(name, 'SRV', never)).toMatchObject({ permitted: true })
    expect(await provider().probeWrite(recordName(`new.${zone}`), 'A', never)).toMatchObject({
      permitted: true,
    })
    world.authority.faults.refuse = true
    expect(await provider().probeWrite(name, 'SRV', never)).toMatchObject({
      permitted: false,
      because: expect.stringContaining('update-policy'),
    })
    expect(await provider().probeWrite(recordName('a.other.example'), 'A', never)).toMatchObject({
      permitted: false,
    })
    expect(world.authority.serial()).toBe(1)
  })

  it('refuses a server that is not the primary', async () => {
    const changing = provider({ server: lagging }).replaceRecord(old, next, limits())

    await expect(changing).rejects.toThrow('not the primary')
  })

  it('D1 shows each authoritative server by itself, the one that lags, too', async () => {
    const { observer } = dns()
    await provider().replaceRecord(old, next, limits())

    expect(await observer.askAuthoritative(name, 'SRV', never)).toMatchObject([
      { kind: 'answer', values: next.values, ttl: 60 },
      { kind: 'answer', values: old.values, ttl: 300 },
    ])
    world.time.advanceTo(epochMs(world.time.now() + 20_000))
    expect(await observer.askAuthoritative(name, 'SRV', never)).toMatchObject([
      { values: next.values },
      { values: next.values },
    ])
  })

  it('tells an empty answer from none, and follows aliases', async () => {
    const { observer } = dns()
    const ask = (text: string, type: 'A' | 'CNAME') =>
      observer.askAuthoritative(recordName(text), type, never)

    expect((await ask(`none.${zone}`, 'A'))[0]).toMatchObject({ kind: 'empty', negativeTtl: 60 })
    expect((await ask(`in.${zone}`, 'A'))[0]).toMatchObject({ values: ['192.0.2.10'], ttl: 120 })
    expect((await ask(`in.${zone}`, 'CNAME'))[0]).toMatchObject({ values: [`pbx.${zone}`] })
    expect((await ask(`many.${zone}`, 'A'))[0]).toMatchObject({ kind: 'answer', ttl: 60 })
    const [many] = await ask(`many.${zone}`, 'A')
    expect(many?.kind === 'answer' && many.values.length).toBe(60)
  })

  it('refuses a name that no zone holds, takes the longest zone otherwise', () => {
    const inner = { zone: `dallas.${zone}`, authoritative: [], provider: provider() }

    const both = createDns({
      zones: [{ zone, authoritative: [], provider: provider() }, inner],
      resolvers: [],
      transport,
      wireClock,
    })

    expect(both.provider(name)).toBe(inner.provider)
    expect(() => both.provider(recordName('voice.example.org'))).toThrow(NoZoneError)
  })

  function dns() {
    return createDns({
      zones: [{ zone, authoritative: [primary, lagging], provider: provider() }],
      resolvers: [],
      transport,
      wireClock,
    })
  }
})

describe('resolvers of the lab', () => {
  const look = async (world: World, resolver: ReturnType<typeof createDnsResolver>, at: number) => {
    world.time.advanceTo(epochMs(1_800_000_000_000 + at * 1000))
    const found = await resolver.resolve(name, 'SRV')
    return found.kind === 'answer' ? `${found.values[0]?.split(' ')[3]} ${found.ttl}` : found.kind
  }

  it.each([
    ['honours', 'honours', ['pbx 300', 'pbx 1', 'cloud 60', 'cloud 60']],
    ['stretches', { stretch: 2 }, ['pbx 600', 'pbx 301', 'pbx 300', 'cloud 120']],
    ['ignores', { ignoresTtlFor: ms(500_000) }, ['pbx 300', 'pbx 1', 'pbx 0', 'cloud 60']],
    ['serves stale', 'stale-serving', ['pbx 300', 'pbx 1', 'pbx 30', 'cloud 30']],
  ] as const)('%s: what is seen at 0, 299, 300 and 620 s', async (_what, behaviour, expected) => {
    const world = createWorld()
    const resolver = createDnsResolver({
      name: 'r',
      upstream: world.authority.primary,
      now: world.time.now,
      behaviour,
    })
    const transport = createMemoryDnsTransport(() => world.authority.primary)
    const server = { host: '127.0.0.1', port: 53 }
    const provider = createRfc2136({ zone, server, key, transport, wireClock })

    const seen = [await look(world, resolver, 0)]
    await provider.replaceRecord(old, next, limits())
    for (const at of [299, 300, 620]) seen.push(await look(world, resolver, at))

    expect(seen.map((one) => one.replace('.voice.example', ''))).toEqual(expected)
  })

  it('D1 keeps "no such name" for the negative TTL', async () => {
    const world = createWorld()
    const { primary } = world.authority
    const resolver = createDnsResolver({
      name: 'r',
      upstream: primary,
      now: world.time.now,
      behaviour: 'honours',
    })
    const fresh = recordName(`fresh.${zone}`)
    const server = { host: '127.0.0.1', port: 53 }
    const transport = createMemoryDnsTransport(() => primary)
    const provider = createRfc2136({ zone, server, key, transport, wireClock })
    const none: RecordSet = { name: fresh, type: 'A', ttl: seconds(0), values: [] }

    const before = await resolver.resolve(fresh, 'A')
    await provider.replaceRecord(
      none,
      { ...none, ttl: seconds(30), values: ['192.0.2.9'] },
      limits(),
    )
    world.time.advanceTo(epochMs(world.time.now() + 59_000))
    const cached = await resolver.resolve(fresh, 'A')
    world.time.advanceTo(epochMs(world.time.now() + 1000))

    expect(before).toMatchObject({ kind: 'empty', rcode: 3, negativeTtl: 60 })
    expect(cached).toMatchObject({ kind: 'empty', negativeTtl: 1 })
    expect(await resolver.resolve(fresh, 'A')).toMatchObject({ values: ['192.0.2.9'] })
  })

  it('says what remains of the TTL to the observer, and that a dead server is no answer', async () => {
    const world = createWorld()
    const resolver = createDnsResolver({
      name: 'isp',
      upstream: world.authority.primary,
      now: world.time.now,
      behaviour: 'honours',
    })
    const isp = { host: '192.0.2.53', port: 53 }
    const { observer } = createDns({
      zones: [],
      resolvers: [
        { name: 'isp', address: isp },
        { name: 'dead', address: { host: '192.0.2.54', port: 53 } },
      ],
      transport: createMemoryDnsTransport(({ host }) =>
        host === isp.host ? resolver.handler : undefined,
      ),
      wireClock,
    })

    await observer.askResolvers(name, 'SRV', never)
    world.time.advanceTo(epochMs(world.time.now() + 100_000))

    expect(await observer.askResolvers(name, 'SRV', never)).toEqual([
      { kind: 'answer', server: 'isp', values: old.values, ttl: 200 },
      { kind: 'no-answer', server: 'dead', because: '192.0.2.54:53 did not answer' },
    ])
  })
})
