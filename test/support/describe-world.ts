import type { Lab } from '../../src/lab/lab.ts'
import { isTrunkEnabled, licencesInForce } from '../../src/lab/platforms/genesys-cloud/state.ts'

/**
 * Everything that a cutover may touch, as the world has it: no ids, versions and times, which only grow.
 * Two that are equal are one state to every caller and agent.
 */
export function describeWorld({ authority, world, org, estate }: Lab) {
  return {
    records: sorted(authority.records().map((record) => JSON.stringify(record))),
    destinations: world.sbc.destinations.map(({ uri, state, probing }) => ({
      uri,
      state,
      probing,
    })),
    desks: Object.fromEntries(
      estate.sites
        .flatMap(({ agents }) => agents)
        .map(({ extension }) => [extension, sorted(world.staff.read(extension)?.queues ?? [])]),
    ),
    ...describeOrg(org),
  }
}
export type WorldDescription = ReturnType<typeof describeWorld>

function describeOrg({ config, facts }: Lab['org']) {
  const now = facts.now()
  const email = (id: string) => config.users.get(id)?.email ?? id
  const base = (id: string) => config.trunkBases.get(id)?.name ?? id
  const by = <Item extends { readonly name: string }, Shown>(
    items: Iterable<Item>,
    show: (item: Item) => Shown,
  ) => Object.fromEntries([...items].map((item) => [item.name, show(item)]))

  return {
    trunks: by(config.trunkBases.values(), ({ properties }) => ({
      enabled: isTrunkEnabled(properties),
      properties,
    })),
    numbers: by(config.ivrs.values(), ({ dnis, flowId }) => ({ dnis: sorted(dnis), flowId })),
    queues: by(config.queues.values(), ({ members }) =>
      sorted([...members].map(([id, isJoined]) => `${email(id)} ${isJoined}`)),
    ),
    licences: Object.fromEntries(
      sorted(config.users.values(), (user) => user.email).map((user) => [
        user.email,
        sorted(licencesInForce(user, now)),
      ]),
    ),
    presences: Object.fromEntries(
      sorted(config.users.values(), (user) => user.email).map((user) => [
        user.email,
        facts.presences.get(user.presenceId)?.systemPresence,
      ]),
    ),
    shares: by(config.tables.values(), ({ rows }) =>
      Object.fromEntries([...rows].map(([site, row]) => [site, withoutVersion(row)])),
    ),
    routes: by(config.routes.values(), ({ enabled, trunkBaseIds }) => ({
      enabled,
      trunks: trunkBaseIds.map(base),
    })),
  }
}

/** Each stage is a new version under a new epoch, and so is each way back: only what it says is compared. */
function withoutVersion(row: Readonly<Record<string, unknown>>) {
  const { boundary, salt } = row
  return { boundary, salt }
}

function sorted<Item>(
  items: Iterable<Item>,
  key: (item: Item) => string = String,
): readonly Item[] {
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}
