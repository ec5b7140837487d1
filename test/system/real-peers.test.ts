import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openEmbeddedPostgres } from '../../src/store/index.ts'
import { dig } from '../support/real-names.ts'
import { everydayTtl, type RealPeers, startRealPeers } from '../support/real-peers.ts'
import { missingPrograms, until } from '../support/real-process.ts'
import { describeOrg } from '../support/real-target.ts'

/*
 * Whole waves by the product's own program against real BIND, unbound, Kamailio and SIPp, on the system's
 * clock. Simulated are the target's API (behind a validating proxy), the CRM, the PBX's agent lever and the
 * callers' statistics.
 */

const missing = missingPrograms(['named', 'unbound', 'dig', 'kamailio', 'sipp'])
const why = missing.length === 0 ? '' : `: not run, ${missing.join(', ')} not installed`
const postgres15 = '/usr/lib/postgresql/15/bin'
const patience = { timeout: 240_000 }

describe.runIf(missing.length === 0)(`waves against real peers${why}`, () => {
  let peers: RealPeers

  beforeAll(async () => {
    // Reno's CRM breaks down as soon as more than the first quarter of its callers has moved.
    peers = await startRealPeers((site, share) => site !== 'reno' || share <= 0.25)
  })
  afterAll(() => peers?.close())

  const siteOf = (id: string) => {
    const site = peers.estate.sites.find((one) => one.id === id)
    if (site === undefined) throw new Error(`the estate has no site ${id}`)
    return { ...site, main: site.numbers[0]?.dnis ?? '' }
  }
  const atTarget = (ttl: number) => [`${ttl} 10 10 ${peers.sip.target.port} localhost.`]
  const atSource = (ttl: number) => [`${ttl} 10 0 ${peers.sip.sbc.port} sbc.acme.example.`]
  const queuesAtPbx = (id: string) =>
    siteOf(id).agents.map(({ extension }) => peers.target.staff.read(extension)?.queues.length)

  it('P1.1 finds everything that the first wave will need', patience, async () => {
    const { exit, out } = await peers.changeover(['preflight', peers.plan, '--wave', 'dallas'])

    expect(out).not.toContain('✖')
    expect(exit).toBe(0)
  })

  it('W4.1 takes dallas over, on the embedded database', patience, async () => {
    const { names, sip, target } = peers
    const dallas = siteOf('dallas')
    expect(await dig(names.primary, dallas.record.name)).toEqual(atSource(everydayTtl))
    expect(await sip.callSource(dallas.main)).toBe(true)

    const { exit, out, err } = await peers.changeover(['run', peers.plan, '--wave', 'dallas'])

    expect(err).toBe('')
    expect(out).toContain('done: every step is verified')
    expect(exit).toBe(0)
    for (const server of [names.primary, names.secondary])
      expect(await dig(server, dallas.record.name)).toEqual(atTarget(everydayTtl))
    // Fenced, and no probe of Kamailio's lifts it: who comes now is refused, and reno's callers aren't.
    expect(await sip.flags(1)).toMatch(/^D/)
    expect(await sip.callSource(dallas.main)).toBe(false)
    expect(await sip.flags(2)).toBe('AP')
    expect(await sip.callSource(siteOf('reno').main)).toBe(true)
    expect(queuesAtPbx('dallas')).toEqual(dallas.agents.map(() => 0))
    expect([...target.org.routableAgents('Billing DAL')].sort()).toEqual(
      dallas.agents.map(({ user }) => user).sort(),
    )
    expect(peers.callers.taken()).toBeGreaterThan(100)
    expect(peers.callers.lost()).toEqual([])
  })

  it('X15 keeps a journal of it that verifies, and says how it ended', patience, async () => {
    const verified = await peers.changeover(['journal', 'verify', 'dallas'])
    const status = await peers.changeover(['status', 'dallas', '--json'])

    expect(verified).toMatchObject({ exit: 0, out: expect.stringMatching(/^whole: \d+ entries/) })
    expect(JSON.parse(status.out)).toMatchObject({ run: 'dallas-1', outcome: 'done' })
  })

  it('W4.2 brings reno back when its CRM fails, on PostgreSQL 15 where it is installed', {
    ...patience,
  }, async () => {
    const { names, sip, target } = peers
    const reno = siteOf('reno')
    const ofDallas = siteOf('dallas').record.name
    const before = { org: describeOrg(target.org), dallas: await dig(names.primary, ofDallas) }
    const queues = queuesAtPbx('reno')
    const database = await openDatabase()
    try {
      const run = await peers.changeover(['run', peers.plan, '--wave', 'reno'], database)
      const verified = await peers.changeover(['journal', 'verify', 'reno'], database)
      const status = await peers.changeover(['status', 'reno', '--json'], database)

      expect(run.err).toBe('')
      expect(run.out).toMatch(/✖ back: .*crm_error_rate/)
      expect(run.exit).toBe(1)
      expect(verified).toMatchObject({ exit: 0, out: expect.stringMatching(/^whole: /) })
      expect(JSON.parse(status.out)).toMatchObject({ run: 'reno-1', outcome: 'back' })
    } finally {
      await database.close()
    }
    for (const server of [names.primary, names.secondary])
      expect(await dig(server, reno.record.name)).toEqual(atSource(everydayTtl))
    expect(await sip.flags(2)).toBe('AP')
    expect(await sip.callSource(reno.main)).toBe(true)
    expect(queuesAtPbx('reno')).toEqual(queues)
    await until('everybody is back at the desk', () =>
      reno.agents.every(({ extension }) => target.staff.read(extension)?.signedIn),
    )
    expect({ org: describeOrg(target.org), dallas: await dig(names.primary, ofDallas) }).toEqual(
      before,
    )
    expect(peers.callers.lost()).toEqual([])
  })
})

/** The oldest PostgreSQL that users may run, as somebody else's server; without it the embedded one. */
async function openDatabase() {
  if (!existsSync(postgres15)) return { database: undefined, close: () => Promise.resolve() }
  const directory = await mkdtemp(join(tmpdir(), 'changeover-real-15-'))
  await chmod(directory, 0o755)
  const server = await openEmbeddedPostgres(directory, { binaries: postgres15 })
  return {
    database: server.url,
    async close() {
      await server.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
