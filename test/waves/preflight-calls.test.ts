import { describe, expect, it } from 'vitest'
import { runPreflight } from '../../src/app/preflight.ts'
import type { PreflightRow } from '../../src/app/preflight-question.ts'
import { waveId } from '../../src/kernel/ids.ts'
import { ms } from '../../src/kernel/units.ts'
import { twoSitesEstate, twoSitesNames, twoSitesQueues } from '../../src/lab/scenarios/two-sites.ts'
import { type CountedCalls, countCalls } from '../support/count-calls.ts'
import { givenTwoHurriedSites } from '../support/given.ts'
import type { LabProduct } from '../support/lab-product.ts'

/* What preflight costs: a large site must not use the rate limit up that the wave needs. */

const { signal } = new AbortController()
const cloud = /api\.mypurecloud\.com/

/** The demo's estate, but dallas has this many agents, who belong to both of its queues already. */
async function givenDallasWith(agents: number): Promise<LabProduct> {
  const estate = twoSitesEstate()
  const [dallas, ...others] = estate.sites
  if (dallas === undefined) throw new Error('the estate has no site')
  const queues = dallas.agents[0]?.queues ?? []
  const many = Array.from({ length: agents }, (_, index) => ({
    extension: String(10_000 + index),
    user: `agent${index}@acme.example`,
    queues,
  }))
  const sites = [{ ...dallas, agents: many }, ...others]
  const product = await givenTwoHurriedSites({ estate: { ...estate, sites }, warmUp: ms(60_000) })
  const { users, queues: ofOrg } = product.lab.org.config
  const names = twoSitesQueues.map((queue) => twoSitesNames.cloudQueue(queue, 'dallas'))
  for (const queue of ofOrg.values())
    if (names.includes(queue.name))
      for (const user of users.values())
        if (user.site === 'dallas') queue.members.set(user.id, false)
  return product
}

async function preflightOf(
  product: LabProduct,
): Promise<{ readonly rows: readonly PreflightRow[]; readonly calls: CountedCalls }> {
  const { plan, lab, transports } = product
  const calls = countCalls(transports.http)
  const ports = await product.product({ transports: { http: calls.transport } }).connect(plan)
  const parts = { plan, ports, clock: lab.clock.worldClock, clockTolerance: ms(2000), signal }
  return { rows: await runPreflight(parts, waveId('dallas')), calls }
}

describe('what preflight costs', () => {
  it('X10 P1.2 500 agents are read in tens of calls, not a thousand', async () => {
    const product = await givenDallasWith(500)

    const { rows, calls } = await preflightOf(product)

    expect(rows.filter(({ state }) => state === 'missing')).toEqual([])
    expect(rows.find(({ what }) => what === 'agents at cloud')?.because).toBe('all 500')
    expect(calls.count(cloud), JSON.stringify(calls.table())).toBeLessThan(60)
  })
})
