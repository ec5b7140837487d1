import { describe, expect, it } from 'vitest'
import { checkContext } from '../../../test/contracts/check-context.ts'
import { zoneHolding } from '../../../test/contracts/step-worlds.ts'
import { recordName } from '../../kernel/ids.ts'
import { epochMs, seconds } from '../../kernel/units.ts'
import type { Dns, RecordSet, ServerAnswer } from './ports.ts'
import { propagationCheck } from './propagation-check.ts'
import { waitOldTtlCheck } from './wait-old-ttl-check.ts'

const name = recordName('dallas.example')
const hour = 3_600_000
const minute = 60_000
const held = (ttl: number, values = ['old']): RecordSet => ({
  name,
  type: 'A',
  ttl: seconds(ttl),
  values,
})
const says = (server: string, values: string, ttl: number): ServerAnswer => ({
  kind: 'answer',
  server,
  values: [values],
  ttl: seconds(ttl),
})

function dnsWhere(
  record: RecordSet,
  resolvers: readonly ServerAnswer[],
  authoritative?: readonly ServerAnswer[],
): Dns {
  const { dns } = zoneHolding(record)
  const { observer } = dns
  return {
    provider: dns.provider,
    observer: {
      askAuthoritative: async (...question) =>
        authoritative ?? observer.askAuthoritative(...question),
      askResolvers: async () => resolvers,
    },
  }
}

describe('dns.wait-old-ttl', () => {
  const input = waitOldTtlCheck.input.parse({
    record: name,
    type: 'A',
    ttl: 300,
    oldTtl: 86_400,
    lead: 72 * hour,
    margin: minute,
    resolvers: 3,
  })
  const honest = [says('a', 'old', 200), says('b', 'old', 10), says('c', 'old', 300)]
  const ask = (dns: Dns, elapsed: number) =>
    waitOldTtlCheck.verify(input, checkContext({ dns }, { elapsed }))

  it('W1.1 D1 waits max(old TTL, lead) + margin, and is not asked before', async () => {
    const answer = await ask(dnsWhere(held(300), honest), hour)

    expect(answer).toMatchObject({
      kind: 'not-yet',
      lookAgainAt: 1_700_000_000_000 + 72 * hour + minute,
    })
    expect((await ask(dnsWhere(held(300), honest), 72 * hour + minute)).kind).toBe('verified')
  })

  it('W1.1 counts from when an earlier run lowered it, and says where the old TTL comes from', async () => {
    const started = 1_700_000_000_000
    const loweredBefore = (hours: number) => {
      const lowered = { run: 'dallas-1', at: epochMs(started - hours * hour) }
      const told = { ...input, oldTtl: seconds(3600), lowered }
      return waitOldTtlCheck.verify(told, checkContext({ dns: dnsWhere(held(300), honest) }))
    }

    expect(await loweredBefore(80)).toMatchObject({
      kind: 'verified',
      seen: expect.stringContaining('3600 s (before run dallas-1 lowered it; counted from then)'),
    })
    expect(await loweredBefore(2)).toMatchObject({ lookAgainAt: started + 70 * hour + minute })
  })

  it('D1 waits while one authoritative server still serves the old TTL', async () => {
    const servers = [says('ns1', 'old', 300), says('ns2', 'old', 86_400)]
    const answer = await ask(dnsWhere(held(300), honest, servers), 80 * hour)

    expect(answer).toMatchObject({ kind: 'not-yet' })
    expect(JSON.stringify(answer)).toContain('ns2')
  })

  it('D1 waits for a cache that measurably holds the old TTL', async () => {
    const dns = dnsWhere(held(300), [...honest.slice(1), says('slow', 'old', 4000)])

    expect((await ask(dns, 73 * hour)).kind).toBe('not-yet')
    expect(await ask(dns, 98 * hour)).toMatchObject({
      kind: 'verified',
      seen: expect.stringContaining('slow (4000 s)'),
    })
  })

  it('D1 names a resolver that holds more than the old TTL ever was, and goes on', async () => {
    const dns = dnsWhere(held(300), [...honest.slice(1), says('pinned', 'old', 999_999)])

    expect(await ask(dns, 73 * hour)).toMatchObject({
      kind: 'verified',
      seen: expect.stringContaining('pinned'),
    })
  })

  it('W1.3 too few resolvers that answer are no proof', async () => {
    expect((await ask(dnsWhere(held(300), honest.slice(1)), 73 * hour)).kind).toBe('not-yet')
  })
})

describe('dns.propagation', () => {
  const input = propagationCheck.input.parse({
    record: name,
    type: 'A',
    ttl: 300,
    forward: ['new'],
    limit: 15 * minute,
    resolvers: 3,
  })
  const moved = held(300, ['new'])
  const fresh = ['a', 'b', 'c'].map((server) => says(server, 'new', 120))
  const stubborn = says('stubborn', 'old', 30)
  const ask = (dns: Dns, elapsed: number, direction: 'forward' | 'back' = 'forward') =>
    propagationCheck.verify(input, checkContext({ dns }, { elapsed, direction }))

  it('W1.3 is verified once every server and resolver has it, each with its remaining TTL', async () => {
    expect(await ask(dnsWhere(moved, fresh), minute)).toMatchObject({
      kind: 'verified',
      seen: 'authoritative 2 of 2; resolvers 3 of 3: a new 120 s, b new 120 s, c new 120 s',
    })
  })

  it('W1.3 a cache within its TTL is waited for', async () => {
    expect((await ask(dnsWhere(moved, [...fresh, stubborn]), minute)).kind).toBe('not-yet')
  })

  it('W1.3 a resolver that ignores the TTL is named, and not waited for beyond the limit', async () => {
    const dns = dnsWhere(moved, [...fresh, stubborn])
    const early = await ask(dns, 6 * minute)

    expect(early).toMatchObject({ kind: 'not-yet' })
    expect(JSON.stringify(early)).toContain('ignoring their TTL: (stubborn)')
    expect(await ask(dns, 15 * minute)).toMatchObject({
      kind: 'verified',
      seen: expect.stringContaining('ignoring their TTL: (stubborn)'),
    })
  })

  it('W1.3 an authoritative server that lags beyond the limit pauses the wave', async () => {
    const servers = [says('ns1', 'new', 300), says('ns2', 'old', 300)]
    const dns = dnsWhere(moved, fresh, servers)

    expect((await ask(dns, minute)).kind).toBe('not-yet')
    expect(await ask(dns, 16 * minute)).toMatchObject({
      kind: 'hold',
      because: expect.stringContaining('ns2'),
      hold: { then: 'roll-back' },
    })
  })

  it('W1.3 an honest cache that lags beyond the limit pauses the wave', async () => {
    const dns = dnsWhere(moved, [...fresh, says('slow', 'old', 2000)])
    const long = { ...input, ttl: seconds(3600) }

    expect(
      await propagationCheck.verify(long, checkContext({ dns }, { elapsed: 16 * minute })),
    ).toMatchObject({
      kind: 'hold',
      because: expect.stringContaining('slow old 2000 s'),
    })
  })

  it('W1.3 too few resolvers that agree pause the wave, however stubborn the others', async () => {
    const few = dnsWhere(moved, [...fresh.slice(1), stubborn])

    expect((await ask(few, 16 * minute)).kind).toBe('hold')
  })

  it('W1.3 a cache that was given the everyday TTL is honest for as long, and waited for', async () => {
    const back = ['a', 'b', 'c'].map((server) => says(server, 'old', 120))
    const told = { ...input, everyday: seconds(3600) }
    const look = (resolver: ServerAnswer, elapsed: number) =>
      propagationCheck.verify(
        told,
        checkContext(
          { dns: dnsWhere(held(300), [...back, resolver]) },
          { elapsed, direction: 'back' },
        ),
      )

    const asked = await look(says('slow', 'new', 3000), 6 * minute)
    expect(JSON.stringify(asked)).not.toContain('ignoring')
    expect(await look(says('slow', 'new', 2500), 16 * minute)).toMatchObject({ kind: 'hold' })
    // What the longer TTL can't explain: more than was ever given, or what is stale served again and again.
    expect((await look(says('pinned', 'new', 9000), 16 * minute)).kind).toBe('verified')
    expect((await look(says('stale', 'new', 30), 16 * minute)).kind).toBe('verified')
  })

  it('on the way back it expects what the primary holds again', async () => {
    const back = [says('a', 'old', 9), says('b', 'old', 9), says('c', 'old', 9)]

    expect((await ask(dnsWhere(moved, back), minute, 'back')).kind).toBe('not-yet')
    expect((await ask(dnsWhere(held(300), back), minute, 'back')).kind).toBe('verified')
    expect((await ask(dnsWhere(held(300), fresh), minute, 'back')).kind).toBe('not-yet')
  })
})
