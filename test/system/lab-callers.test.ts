import { expect, it, onTestFinished } from 'vitest'
import { createRfc2136, parseTsigKey } from '../../src/adapters/dns/rfc2136/index.ts'
import { epoch } from '../../src/kernel/authority.ts'
import { recordName } from '../../src/kernel/ids.ts'
import { epochMs, ms, seconds } from '../../src/kernel/units.ts'
import { type InProcessLab, startLabInProcess } from '../../src/lab/front.ts'
import { labKeyText } from '../../src/lab/lab.ts'
import { twoSitesEstate } from '../../src/lab/scenarios/two-sites.ts'

const start = epochMs(Date.UTC(2026, 10, 2, 9))
const ttl = 600
const name = recordName('_sip._tcp.dallas.acme.example')

/** As an operator with the zone's key would. */
async function writeRecord({ endpoints, dnsTransport, clock }: InProcessLab, values: string[]) {
  const [server] = endpoints.authoritative
  if (server === undefined) throw new Error('the lab has a primary')
  const { signal } = new AbortController()
  const { wireClock } = clock
  const zone = createRfc2136({
    zone: 'acme.example',
    server,
    key: parseTsigKey(labKeyText),
    transport: dnsTransport,
    wireClock,
  })
  const before = await zone.readRecord(name, 'SRV', signal)
  if (before === undefined) throw new Error('the site has a record')
  const next = { ...before, ttl: seconds(ttl), values }
  await zone.replaceRecord(before, next, {
    signal,
    deadline: epochMs(wireClock.now() + 5000),
    epoch: epoch(1),
    confirmLease: () => Promise.resolve(),
  })
}

it('D1 X5 each caller follows the cache of his own carrier’s resolver, and only that', async () => {
  const estate = twoSitesEstate({ dallasPerHour: 3600, renoPerHour: 0 })
  const lab = await startLabInProcess({ start, seed: 3, estate, warmUp: ms(0) })
  onTestFinished(() => lab.close())
  await writeRecord(lab, ['10 0 5060 sbc.acme.example'])
  // Nobody holds the first TTL, an hour, any more: who stretches it holds it for two.
  await lab.clock.worldClock.sleep(ms(2 * 3_600_000 + 300_000))
  const changed = lab.time.now()
  await writeRecord(lab, ['10 0 5060 byoc.acme.example'])
  await lab.clock.worldClock.sleep(ms(3_600_000))

  const late = lab.world.ledger.entries().filter(({ call }) => call.at > changed)
  const heldFor = Object.fromEntries(
    estate.carriers.map(({ name: carrier, resolver }) => {
      const sides = late
        .filter(({ call }) => call.carrier === carrier)
        .map(({ call, attempts }) => ({ after: call.at - changed, side: attempts[0]?.side }))
      const old = sides.filter(({ side }) => side === 'pbx')
      const first = sides.find(({ side }) => side === 'genesys-cloud')
      // Once a cache has let go, none of its callers meets the old answer again.
      expect(old.every(({ after }) => after <= (first?.after ?? 0))).toBe(true)
      expect(old.length).toBeGreaterThan(0)
      return [resolver, (old.at(-1)?.after ?? 0) / 1000]
    }),
  )

  const secondaryLag = 5
  expect(heldFor['dallas-office']).toBeLessThanOrEqual(ttl + secondaryLag)
  expect(heldFor['reno-office']).toBeLessThanOrEqual(ttl + secondaryLag)
  expect(heldFor['stretching']).toBeGreaterThan(ttl + secondaryLag)
  expect(heldFor['stretching']).toBeLessThanOrEqual(2 * ttl + secondaryLag)
  expect(new Set(Object.values(heldFor)).size).toBe(estate.carriers.length)
})
