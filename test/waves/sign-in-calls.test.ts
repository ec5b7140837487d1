import { expect, it } from 'vitest'
import { type Milliseconds, ms } from '../../src/kernel/units.ts'
import { twoSitesEstate } from '../../src/lab/scenarios/two-sites.ts'
import { countCalls } from '../support/count-calls.ts'
import { givenTwoHurriedSites } from '../support/given.ts'
import { runGoesOn, stepOf } from '../support/when.ts'

/* What waiting for agents costs while they finish their calls, change desks and sign in. */

const cloud = /api\.mypurecloud\.com/
const pbx = /pbx\.acme\.example/

/** Moves the wave's first agents, who need this long to change desks, give or take half; counts from act to acted. */
async function firstMove(signOn: Milliseconds) {
  const estate = twoSitesEstate()
  const product = await givenTwoHurriedSites({
    estate: { ...estate, habits: { ...estate.habits, signOn } },
  })
  const calls = countCalls(product.transports.http)
  const stop = new AbortController()
  let began = 0
  let took = 0
  await runGoesOn(product, await product.start('dallas'), {
    application: product.product({ transports: { http: calls.transport } }),
    signal: stop.signal,
    onEntry: ({ event, at }) => {
      if (!stepOf(event).endsWith('.agents') || took > 0) return
      if (event.kind === 'acting') {
        began = at
        calls.reset()
      }
      if (event.kind !== 'acted') return
      took = at - began
      stop.abort()
    },
  })
  const moved = [...product.lab.org.config.users.values()].filter((user) => user.phoneReachable)
  return { calls, took, waits: moved.map((user) => user.presenceSince - user.phoneSince) }
}

it('X10 W3.1 waits minutes for agents to sign in at a fifth of the rate, and sees each within seconds', async () => {
  const { calls, took, waits } = await firstMove(ms(300_000))
  const minutes = took / 60_000
  const told = JSON.stringify(calls.table())

  expect(minutes).toBeGreaterThan(5)
  expect(calls.count(cloud) / minutes, told).toBeLessThan(60)
  // The PBX is asked for those who move, when they leave and when they sign in: not at each look.
  expect(calls.count(pbx), told).toBeLessThan(300)
  expect(waits).toHaveLength(10)
  expect(Math.max(...waits)).toBeLessThan(8000)
})
