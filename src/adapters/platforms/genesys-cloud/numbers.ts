import {
  type InboundNumbers,
  NotFoundError,
  PlatformConflictError,
} from '../../../features/platform/index.ts'
import type { WriteLimits } from '../../../kernel/authority.ts'
import { readBack } from '../read-back.ts'
import { type Genesys, listAll } from './client.ts'
import { activePools, holdersOf, isInPool } from './number-holders.ts'
import { pages } from './pages.ts'
import { type Ivr, ivr, nothing } from './schema.ts'

type Bindings = Readonly<Record<string, string | null>>

const path = '/architect/ivrs'

/** Numbers as `dnis` of IVR configurations; a flow is named by its configuration (contract §2.3). */
export function createInboundNumbers(genesys: Genesys): InboundNumbers {
  return {
    async flows(names, signal) {
      const found = (await ivrs(genesys, signal)).filter(({ name }) => names.includes(name))
      return Object.fromEntries(
        found.map(({ name, openHoursFlow }) => [name, { answers: Boolean(openHoursFlow) }]),
      )
    },
    async known(numbers, signal) {
      const pools = await activePools(genesys, signal)
      return numbers.filter((number) => pools.some((pool) => isInPool(number, pool)))
    },
    holders: async (numbers, signal) =>
      holdersOf(genesys, numbers, idsOf(await ivrs(genesys, signal)), signal),
    readBindings: async (numbers, signal) => bindingsOf(await ivrs(genesys, signal), numbers),
    bind: (bindings, limits) => bind(genesys, bindings, limits),
  }
}

async function bind(genesys: Genesys, bindings: Bindings, limits: WriteLimits): Promise<void> {
  const all = await ivrs(genesys, limits.signal)
  refuseUnknownFlows(genesys, all, bindings)
  await refuseHeld(genesys, all, bindings, limits.signal)
  // A number can't be on two configurations, so it leaves the old one first. A run that is cut between the
  // two finds it on none and adds it: the same call again ends the same.
  for (const each of all) await change(genesys, each, (now) => without(now, bindings), limits)
  for (const each of all) await change(genesys, each, (now) => withAdded(now, bindings), limits)
  await readBack('numbers bound', {
    read: () => ivrs(genesys, limits.signal),
    agrees: (seen) => agree(bindingsOf(seen, Object.keys(bindings)), bindings),
    wireClock: genesys.wireClock,
    limits,
  })
}

/** Reads, and writes back under the version read, if `next` makes a difference. */
async function change(
  genesys: Genesys,
  listed: Ivr,
  next: (now: Ivr) => readonly string[],
  limits: WriteLimits,
): Promise<void> {
  if (sameNumbers(next(listed), listed.dnis ?? [])) return
  const one = `${path}/${encodeURIComponent(listed.id)}`
  const read = () => genesys.http.read({ path: one }, ivr, limits.signal)
  const fresh = await read()
  const dnis = next(fresh)
  if (sameNumbers(dnis, fresh.dnis ?? [])) return
  await genesys.http.write({ method: 'PUT', path: one, body: { ...fresh, dnis } }, nothing, limits)
  await readBack(`numbers of ${fresh.name}`, {
    read,
    agrees: (seen) => sameNumbers(seen.dnis ?? [], dnis),
    wireClock: genesys.wireClock,
    limits,
  })
}

function without({ name, dnis }: Ivr, bindings: Bindings): readonly string[] {
  return (dnis ?? []).filter((number) => !(number in bindings) || bindings[number] === name)
}

function withAdded({ name, dnis }: Ivr, bindings: Bindings): readonly string[] {
  const wanted = Object.keys(bindings).filter((number) => bindings[number] === name)
  return [...new Set([...(dnis ?? []), ...wanted])]
}

function bindingsOf(all: readonly Ivr[], numbers: readonly string[]): Record<string, string> {
  const wanted = new Set(numbers)
  return Object.fromEntries(
    all.flatMap(({ name, dnis }) =>
      (dnis ?? []).filter((number) => wanted.has(number)).map((number) => [number, name]),
    ),
  )
}

function agree(seen: Readonly<Record<string, string>>, bindings: Bindings): boolean {
  return Object.entries(bindings).every(([number, flow]) => (seen[number] ?? null) === flow)
}

function refuseUnknownFlows(genesys: Genesys, all: readonly Ivr[], bindings: Bindings): void {
  const known = new Set(all.map(({ name }) => name))
  const unknown = [...new Set(Object.values(bindings))].filter(
    (flow) => flow !== null && !known.has(flow),
  )
  if (unknown.length > 0)
    throw new NotFoundError(
      `platform ${genesys.id} has no IVR configuration named ${unknown.join(', ')}; no number was moved`,
      { details: { unknown } },
    )
}

/** A number that a user answers is not taken from him: who has it may be called there this minute. */
async function refuseHeld(
  genesys: Genesys,
  all: readonly Ivr[],
  bindings: Bindings,
  signal: AbortSignal,
): Promise<void> {
  const wanted = Object.keys(bindings).filter((number) => bindings[number] !== null)
  if (wanted.length === 0) return
  const holders = await holdersOf(genesys, wanted, idsOf(all), signal)
  const held = Object.entries(holders).map(
    ([number, holder]) => `${number} is assigned to ${holder}`,
  )
  if (held.length > 0)
    throw new PlatformConflictError(
      `platform ${genesys.id}: ${held.join(', ')}; no number was moved`,
      { details: { holders } },
    )
}

const idsOf = (all: readonly Ivr[]) => new Set(all.map(({ id }) => id))

const sameNumbers = (a: readonly string[], b: readonly string[]) =>
  [...a].sort().join() === [...b].sort().join()

async function ivrs({ http }: Genesys, signal: AbortSignal): Promise<readonly Ivr[]> {
  return (await listAll(http, { path }, pages.ivrs, signal)).filter(
    ({ state }) => state !== 'deleted',
  )
}
