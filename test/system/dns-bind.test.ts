import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDns, createRfc2136, parseTsigKey } from '../../src/adapters/dns/index.ts'
import {
  type Dns,
  DnsRefusedError,
  DnsUnreachableError,
  RecordChangedError,
  type RecordSet,
} from '../../src/features/dns-control/index.ts'
import { epoch, type WriteLimits } from '../../src/kernel/authority.ts'
import type { WireClock } from '../../src/kernel/clock.ts'
import { recordName } from '../../src/kernel/ids.ts'
import { epochMs, ms, seconds } from '../../src/kernel/units.ts'
import { dnsOpcode, dnsType } from '../../src/protocols/dns/codes.ts'
import { decodeMessage, dnsQuery, encodeMessage } from '../../src/protocols/dns/message.ts'
import type { DnsServer } from '../../src/protocols/dns/transport.ts'
import { missingPrograms } from '../support/real-process.ts'
import {
  type Daemon,
  nsupdate,
  startPrimary,
  startResolver,
  startSecondary,
  transport,
} from './dns-daemons.ts'

const zone = 'voice.example'
const secret = Buffer.alloc(32, 'changeover-test').toString('base64')
const keyFile = (name: string) =>
  `key "${name}" {\n  algorithm hmac-sha256;\n  secret "${secret}";\n};\n`
const zoneText = `$TTL 300
@ IN SOA ns1 hostmaster 1 86400 86400 864000 2
@ IN NS ns1
ns1 IN A 127.0.0.1
pbx IN A 192.0.2.10
cloud IN A 192.0.2.20
_sip._tcp.dallas IN SRV 10 0 5060 pbx
_sip._tcp.reno IN SRV 10 0 5060 pbx
_sip._tcp.waco IN SRV 10 0 5060 pbx
_sip._tcp.waco IN SRV 20 0 5060 cloud
any.waco IN NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.pbx
in.dallas IN CNAME pbx
short.dallas 2 IN A 192.0.2.10
six.dallas IN AAAA 2001:db8::1
held IN A 192.0.2.10
both IN A 192.0.2.10
`
const never = new AbortController().signal
const key = parseTsigKey(keyFile('changeover'))
const clockAt = (offset: number): WireClock => ({
  kind: 'wire',
  now: () => epochMs(Date.now() + offset),
  sleep: (duration) => new Promise((resolve) => setTimeout(resolve, duration)),
})
const wireClock = clockAt(0)
const limits = (changes: Partial<WriteLimits> = {}): WriteLimits => ({
  signal: never,
  deadline: epochMs(Date.now() + 4000),
  epoch: epoch(1),
  confirmLease: () => Promise.resolve(),
  ...changes,
})
const srv = (host: string, ...values: readonly string[]): RecordSet => ({
  name: recordName(`_sip._tcp.${host}.${zone}`),
  type: 'SRV',
  ttl: seconds(300),
  values,
})

describe.runIf(missingPrograms(['named', 'nsupdate', 'unbound']).length === 0)(
  'RFC 2136 on BIND 9, seen through unbound',
  () => {
    let daemons: readonly Daemon[] = []
    let primary: Daemon
    let secondary: Daemon
    let dns: Dns

    beforeAll(async () => {
      primary = await startPrimary({
        zone,
        zoneText,
        keys: keyFile('changeover') + keyFile('someone'),
        policy: `grant changeover subdomain dallas.${zone} A AAAA CNAME SRV;
        grant changeover wildcard *._tcp.reno.${zone} ANY; grant changeover subdomain reno.${zone} ANY;
        grant changeover subdomain waco.${zone} ANY; grant changeover name both.${zone} ANY;
        grant someone zonesub ANY;`,
      })
      secondary = await startSecondary(zone, primary.address)
      const honest = await startResolver(zone, primary.address)
      const stretching = await startResolver(zone, primary.address, {
        settings: 'cache-min-ttl: 3600',
      })
      daemons = [primary, secondary, honest, stretching]
      dns = createDns({
        zones: [
          {
            zone,
            authoritative: [primary.address, secondary.address],
            provider: createRfc2136({ zone, server: primary.address, key, transport, wireClock }),
          },
        ],
        resolvers: [
          { name: 'honest', address: honest.address },
          { name: 'stretching', address: stretching.address },
        ],
        transport,
        wireClock,
      })
    })
    afterAll(async () => {
      for (const daemon of daemons) await daemon.stop()
    })

    const providerWith = (changes: Partial<Parameters<typeof createRfc2136>[0]>) =>
      createRfc2136({ zone, server: primary.address, key, transport, wireClock, ...changes })

    it('W1.2 changes an SRV record; the secondary shows the old one until it has heard', async () => {
      const old = srv('dallas', `10 0 5060 pbx.${zone}`)
      const next = { ...old, ttl: seconds(60), values: [`10 0 5061 cloud.${zone}`] }
      const provider = dns.provider(old.name)

      expect(await provider.readRecord(old.name, 'SRV', never)).toEqual(old)
      await provider.replaceRecord(old, next, limits())
      await provider.replaceRecord(old, next, limits())
      const lagging = await dns.observer.askAuthoritative(old.name, 'SRV', never)
      await notify(secondary.address)
      const agreed = await until(
        () => dns.observer.askAuthoritative(old.name, 'SRV', never),
        (all) => all.every((one) => one.kind === 'answer' && one.ttl === 60),
      )

      expect(lagging).toMatchObject([
        { kind: 'answer', values: next.values, ttl: 60 },
        { kind: 'answer', values: old.values, ttl: 300 },
      ])
      expect(agreed).toMatchObject([{ values: next.values }, { values: next.values }])
    })

    it.each([
      ['CNAME', 'in.dallas', [`pbx.${zone}`], [`cloud.${zone}`]],
      ['AAAA', 'six.dallas', ['2001:db8::1'], ['2001:db8::2', '2001:db8::3']],
      ['SRV', '_sip._tcp.waco', [`10 0 5060 pbx.${zone}`, `20 0 5060 cloud.${zone}`], ['0 0 0 .']],
      [
        'NAPTR',
        'any.waco',
        [`10 10 "s" "SIP+D2U" "" _sip._udp.pbx.${zone}`],
        [`10 10 "s" "SIPS+D2T" "" _sips._tcp.cloud.${zone}`],
      ],
    ] as const)('W1.2 changes a %s set there and back', async (type, host, from, to) => {
      const name = recordName(`${host}.${zone}`)
      const old: RecordSet = { name, type, ttl: seconds(300), values: from }
      const next: RecordSet = { name, type, ttl: seconds(60), values: to }
      const provider = dns.provider(name)

      await provider.replaceRecord(old, next, limits())
      const changed = await provider.readRecord(name, type, never)
      await provider.replaceRecord(next, old, limits())

      expect(changed).toEqual(next)
      expect(await provider.readRecord(name, type, never)).toEqual(old)
    })

    it('leaves alone what somebody else changed (promise 4), also between read and update', async () => {
      const old = srv('reno', `10 0 5060 pbx.${zone}`)
      const next = { ...old, values: [`10 0 5060 cloud.${zone}`] }
      const theirs = { ...old, values: [`5 0 5060 pbx.${zone}`] }
      const provider = dns.provider(old.name)
      const change = (set: RecordSet) =>
        nsupdate(`hmac-sha256:someone:${secret}`, primary.address, [
          `update delete ${set.name} SRV`,
          ...set.values.map((value) => `update add ${set.name} ${set.ttl} SRV ${value}.`),
        ])

      const raced = provider.replaceRecord(
        old,
        next,
        limits({ confirmLease: () => change(theirs) }),
      )
      await expect(raced).rejects.toBeInstanceOf(RecordChangedError)
      const later = provider.replaceRecord(old, next, limits())
      await expect(later).rejects.toBeInstanceOf(RecordChangedError)

      expect(await provider.readRecord(old.name, 'SRV', never)).toEqual(theirs)
      const same = limits({ confirmLease: () => change(next) })
      await provider.replaceRecord(theirs, next, same)
      expect(await provider.readRecord(old.name, 'SRV', never)).toEqual(next)
    })

    it('X7 BIND refuses an update that was frozen between check and send, and leaves the record alone', async () => {
      const old = srv('waco', `10 0 5060 pbx.${zone}`, `20 0 5060 cloud.${zone}`)
      const next = { ...old, values: [`10 0 5060 cloud.${zone}`] }
      const frozen = providerWith({
        transport: {
          async exchange(server, message, options) {
            if (options.protocol === 'tcp') await pause(5500)
            return transport.exchange(server, message, options)
          },
        },
      })

      const changing = frozen.replaceRecord(old, next, limits())

      await expect(changing).rejects.toMatchObject({ details: { tsig: 'BADTIME' } })
      expect(await dns.provider(old.name).readRecord(old.name, 'SRV', never)).toEqual(old)
    })

    it('finds out that BIND ignored an update that it said NOERROR to (D10)', async () => {
      const name = recordName(`both.${zone}`)
      const none: RecordSet = { name, type: 'CNAME', ttl: seconds(0), values: [] }
      const alias = { ...none, ttl: seconds(60), values: [`cloud.${zone}`] }

      const changing = dns.provider(name).replaceRecord(none, alias, limits())

      await expect(changing).rejects.toThrow('CNAME beside other records')
    })

    it.each([
      ['an unknown name', { key: { ...key, name: 'stranger' } }, 'does not know a key'],
      ['a wrong secret', { key: { ...key, secret: new Uint8Array(32) } }, 'compare the secrets'],
      [
        'an unknown algorithm',
        { key: { ...key, algorithm: 'hmac-md5' as const } },
        'does not know',
      ],
      ['a clock an hour off', { wireClock: clockAt(3_600_000) }, 'clock'],
    ])('says what to do about %s', async (_what, change, because) => {
      const name = recordName(`_sip._tcp.reno.${zone}`)

      const probe = await providerWith(change).probeWrite(name, 'SRV', never)

      expect(probe).toEqual({ permitted: false, because: expect.stringContaining(because) })
    })

    it('says that a secondary is the wrong server for updates', async () => {
      const name = recordName(`_sip._tcp.reno.${zone}`)

      const probe = await providerWith({ server: secondary.address }).probeWrite(name, 'SRV', never)

      expect(probe.permitted).toBe(false)
    })

    it('P1.1 probes the update policy name by name, and changes nothing', async () => {
      const held = recordName(`held.${zone}`)
      const provider = dns.provider(held)
      const before = await serialOf()

      const refused = await provider.probeWrite(held, 'A', never)
      const permitted = await provider.probeWrite(recordName(`short.dallas.${zone}`), 'A', never)
      const absent = await provider.probeWrite(recordName(`new.dallas.${zone}`), 'A', never)
      const old: RecordSet = { name: held, type: 'A', ttl: seconds(300), values: ['192.0.2.10'] }
      const changing = provider.replaceRecord(old, { ...old, ttl: seconds(60) }, limits())

      expect(refused).toMatchObject({
        permitted: false,
        because: expect.stringContaining('REFUSED'),
      })
      expect(permitted).toMatchObject({ permitted: true })
      expect(absent).toMatchObject({ permitted: true })
      await expect(changing).rejects.toBeInstanceOf(DnsRefusedError)
      expect(await serialOf()).toBe(before)
    })

    it('D1 measures what resolvers still hold, the one that stretches TTLs, too', async () => {
      const name = recordName(`short.dallas.${zone}`)
      const old: RecordSet = { name, type: 'A', ttl: seconds(2), values: ['192.0.2.10'] }
      const next = { ...old, values: ['192.0.2.20'] }
      const ask = () => dns.observer.askResolvers(name, 'A', never)

      const first = await ask()
      await dns.provider(name).replaceRecord(old, next, limits())
      await new Promise((resolve) => setTimeout(resolve, 1200))
      const aged = await ask()
      const after = await until(ask, ([honest]) => valuesOf(honest).includes('192.0.2.20'))

      expect(first).toMatchObject([
        { kind: 'answer', server: 'honest', values: old.values, ttl: 2 },
        { kind: 'answer', server: 'stretching', values: old.values, ttl: 3600 },
      ])
      expect(ttlOf(aged[1])).toBeLessThan(3600)
      expect(after[1]).toMatchObject({ server: 'stretching', values: old.values })
      expect(ttlOf(after[1])).toBeGreaterThan(3500)
    })

    it('tells how long a resolver keeps "no such name" (D1)', async () => {
      const [honest] = await dns.observer.askResolvers(recordName(`none.${zone}`), 'A', never)

      expect(honest).toEqual({ kind: 'empty', server: 'honest', negativeTtl: 2 })
    })

    it('keeps the deadline when the server hangs, and says so when it is gone', async () => {
      const old = srv('waco', `10 0 5060 pbx.${zone}`, `20 0 5060 cloud.${zone}`)
      const next = { ...old, ttl: seconds(60) }
      const provider = dns.provider(old.name)

      primary.signal('SIGSTOP')
      const started = Date.now()
      const late = provider.replaceRecord(old, next, limits({ deadline: epochMs(started + 700) }))
      await expect(late).rejects.toBeInstanceOf(DnsUnreachableError)
      const stop = new AbortController()
      const stopped = provider.readRecord(old.name, 'SRV', stop.signal)
      setTimeout(() => stop.abort(new Error('called off')), 50)
      await expect(stopped).rejects.toThrow('called off')
      const took = Date.now() - started
      primary.signal('SIGCONT')
      expect(await provider.readRecord(old.name, 'SRV', never)).toEqual(old)
      await primary.stop()

      expect(took).toBeLessThan(3000)
      await expect(provider.readRecord(old.name, 'SRV', never)).rejects.toBeInstanceOf(
        DnsUnreachableError,
      )
      expect(await dns.observer.askAuthoritative(old.name, 'SRV', never)).toMatchObject([
        { kind: 'no-answer' },
        { kind: 'answer', values: old.values },
      ])
    })

    async function serialOf(): Promise<number> {
      const query = dnsQuery(9, zone, dnsType.SOA, { recursionDesired: false })
      const answer = decodeMessage(await send(primary.address, encodeMessage(query)))
      const data = answer.answers[0]?.data
      return data?.kind === 'SOA' ? data.serial : Number.NaN
    }
  },
)

const send = (server: DnsServer, bytes: Uint8Array) =>
  transport.exchange(server, bytes, { protocol: 'udp', timeout: ms(2000), signal: never })

async function notify(server: DnsServer): Promise<void> {
  const query = dnsQuery(8, zone, dnsType.SOA, { recursionDesired: false })
  await send(server, encodeMessage({ ...query, opcode: dnsOpcode.NOTIFY }))
}

type Answers = Awaited<ReturnType<Dns['observer']['askResolvers']>>

const valuesOf = (answer: Answers[number] | undefined) =>
  answer?.kind === 'answer' ? answer.values : []
const ttlOf = (answer: Answers[number] | undefined) =>
  answer?.kind === 'answer' ? answer.ttl : Number.NaN

async function until(ask: () => Promise<Answers>, isDone: (answers: Answers) => boolean) {
  const end = Date.now() + 30_000
  let answers = await ask()
  while (!isDone(answers) && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    answers = await ask()
  }
  return answers
}
