import { expect } from 'vitest'
import type { Authority } from '../../src/features/authority/index.ts'
import type { CallEntry } from '../../src/lab/call-entry.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { describeWorld, type WorldDescription } from './describe-world.ts'
import type { LabProduct } from './lab-product.ts'

/** Any lab: in process or on sockets. */
interface InLab {
  readonly lab: Lab
}

const total = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

/** Promise 6 by the world's own book: every caller has one outcome, or is still being served. */
export function nobodyIsLost({ lab }: InLab): void {
  const summary = lab.world.ledger.summary()
  expect(summary.withoutOutcome).toEqual([])
  expect(summary.byOutcome.failed).toBe(0)
  theBooksAddUp({ lab })
}

/** Whatever became of callers in this weather: nobody is counted twice, and nobody is forgotten. */
export function theBooksAddUp({ lab }: InLab): void {
  const summary = lab.world.ledger.summary()
  expect(summary.doubled).toEqual([])
  expect(summary.violations).toEqual([])
  expect(total(summary.byOutcome) + summary.inProgress).toBe(summary.offered)
  expect(summary.offered).toBeGreaterThan(50)
}

/** The site's callers, numbers and agents are at the target; the source can't take a new call of it. */
export function siteIsAtTarget({ lab }: InLab, id: string): void {
  const { world, org, estate, authority } = lab
  const site = estate.sites.find((one) => one.id === id)
  const users = site?.agents.map(({ user }) => user) ?? []
  const record = authority.records().find(({ name }) => name === site?.record.name)
  const gateway = estate.gateways['genesys-cloud']
  expect(record?.values).toEqual([`10 10 ${gateway.port} ${gateway.host}`])
  expect(record?.ttl).toBe(3600)
  expect(world.sbc.select(id)).toBeUndefined()
  expect(world.staff.routableAtPbx().filter((user) => users.includes(user))).toEqual([])
  const { numbers, presences, shares } = describeWorld(lab)
  const bound = Object.values(numbers).flatMap(({ dnis }) => dnis)
  for (const { dnis } of site?.numbers ?? []) expect(bound).toContain(dnis)
  for (const user of users) expect([user, presences[user]]).toEqual([user, 'OnQueue'])
  expect(shares[org.facts.shareTable]?.[id]?.boundary).toBe(10_000)
}

/** Every record, binding, trunk, membership, licence, agent and TTL is what it was. */
export function worldIsAsBefore({ lab }: InLab, before: WorldDescription): void {
  expect(describeWorld(lab)).toEqual(before)
}

/** D3: versions follow each other without a gap, each changes something, and the last says this. */
export async function authoritySays(
  { authority, lab }: LabProduct,
  site: string,
  last: Pick<Authority, 'selected' | 'boundary'>,
): Promise<void> {
  const subject = lab.estate.sites.find(({ id }) => id === site)?.record.name ?? ''
  const history = await authority.history(subject)
  expect(history.map(({ epoch }) => epoch)).toEqual(history.map((_, index) => index + 1))
  for (const [index, { selected, boundary }] of history.entries()) {
    const earlier = history[index - 1] ?? { selected: 'source', boundary: 0 }
    expect([selected, boundary]).not.toEqual([earlier.selected, earlier.boundary])
  }
  expect(history.at(-1)).toMatchObject(last)
}

/** Calls that were up at a moment ended as their callers meant them to. */
export function callsSurvived(calls: readonly CallEntry[]): void {
  expect(calls.length).toBeGreaterThan(0)
  for (const { call, agent, outcome } of calls) {
    const spoke = agent !== undefined
    expect([call.id, spoke, outcome]).toEqual([call.id, true, 'completed'])
  }
}
