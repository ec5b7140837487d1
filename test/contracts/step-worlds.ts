import { isDeepStrictEqual } from 'node:util'
import {
  type Authority,
  AuthorityMovedError,
  type AuthorityStore,
} from '../../src/features/authority/index.ts'
import {
  type Dns,
  RecordChangedError,
  type RecordSet,
  type ServerAnswer,
} from '../../src/features/dns-control/index.ts'
import {
  type AgentStatus,
  NotFoundError,
  type OutboundRoute,
  type Platform,
  PlatformConflictError,
  type PlatformPorts,
  type Platforms,
  type SharePolicy,
  type Trunk,
} from '../../src/features/platform/index.ts'
import { epoch, type WriteLimits } from '../../src/kernel/authority.ts'
import { type AgentId, agentId, platformId, queueId, trunkId } from '../../src/kernel/ids.ts'

/** A zone in a Map: one primary, one secondary, and resolvers that all tell the truth at once. */
export function zoneHolding(...records: readonly RecordSet[]) {
  const held = new Map(records.map((record) => [record.name as string, record]))
  const rights = { write: true }
  const answers = (name: string, servers: readonly string[]): readonly ServerAnswer[] =>
    servers.flatMap((server) => {
      const record = held.get(name)
      if (record === undefined) return []
      return [{ kind: 'answer', server, values: record.values, ttl: record.ttl }]
    })
  const dns: Dns = {
    provider: () => ({
      readRecord: async (name) => held.get(name),
      async replaceRecord(before, next, limits) {
        const found = held.get(before.name)
        if (isDeepStrictEqual(found, next)) return
        if (!isDeepStrictEqual(found, before)) throw new RecordChangedError(before, found)
        await limits.confirmLease()
        held.set(before.name, next)
      },
      probeWrite: async () => ({ permitted: rights.write, because: 'asked' }),
    }),
    observer: {
      askAuthoritative: async (name) => answers(name, ['ns1', 'ns2']),
      askResolvers: async (name) => answers(name, ['r1', 'r2', 'r3']),
    },
  }
  return { dns, held, rights }
}

/** The record of authority in a Map. */
export function authorityHolding(...known: readonly Authority[]) {
  const held = new Map(known.map((authority) => [authority.subject, authority]))
  const versions = [...known]
  const authority: AuthorityStore = {
    read: async (subject) => held.get(subject),
    history: async (wanted) => versions.filter(({ subject }) => subject === wanted),
    async compareAndSet(expected, next) {
      const found = held.get(next.subject)?.epoch ?? 0
      if (found !== expected) throw new AuthorityMovedError(next.subject, expected, found)
      const policyVersion = (held.get(next.subject)?.policyVersion ?? 0) + 1
      const made = { ...next, policyVersion, epoch: epoch(found + 1) }
      held.set(next.subject, made)
      versions.push(made)
      return made
    },
  }
  return { authority, held }
}

/** Everything that a platform of these tests knows; tests look into it, and meddle with it. */
export interface FakeState {
  readonly trunks: Map<string, Trunk>
  readonly numbers: Map<string, string>
  /** Joined by agent, by queue name. */
  readonly queues: Map<string, Map<string, boolean>>
  readonly agents: Map<string, { registered: boolean; onQueue: boolean }>
  readonly licences: Map<string, Set<string>>
  readonly shares: Map<string, SharePolicy>
  readonly routes: Map<string, OutboundRoute>
  readonly missing: Set<string>
  liveCalls: number
  waiting: number
}

export function fakeState(state: Partial<FakeState> = {}): FakeState {
  return {
    trunks: new Map(),
    numbers: new Map(),
    queues: new Map(),
    agents: new Map(),
    licences: new Map(),
    shares: new Map(),
    routes: new Map(),
    missing: new Set(),
    liveCalls: 0,
    waiting: 0,
    ...state,
  }
}

/** Platforms by name, each over its own state. `onWrite` sees the world after every write. */
export function platformsOver(
  states: Readonly<Record<string, FakeState>>,
  onWrite: () => void = () => {},
): Platforms {
  const get = (id: string): Platform => {
    const state = states[id]
    if (state === undefined) throw new NotFoundError(`no platform ${id}`)
    const gateway = { host: `${id}.example`, port: 5060, transport: 'udp' } as const
    const ports = portsOver(state, onWrite)
    return { id: platformId(id), vendor: 'fake', ports, lacks: {}, gateway }
  }
  return { get, port: (id, capability) => portsOver(stateOf(get(id), states), onWrite)[capability] }
}

function stateOf({ id }: Platform, states: Readonly<Record<string, FakeState>>): FakeState {
  return states[id] ?? fakeState()
}

export function trunkNamed(name: string, more: Partial<Trunk> = {}): Trunk {
  return {
    id: trunkId(name),
    name,
    enabled: false,
    managed: false,
    codecs: ['PCMU', 'PCMA'],
    transport: 'tcp',
    allowList: [],
    ...more,
  }
}

function portsOver(state: FakeState, onWrite: () => void): PlatformPorts {
  const write = async (limits: WriteLimits, change: () => void) => {
    await limits.confirmLease()
    change()
    onWrite()
  }
  return {
    ...trunkPorts(state, write),
    ...peoplePorts(state, write),
    shares: { ...tablePort(state.shares, write), probe: async () => [] },
    outboundRoutes: tablePort(state.routes, write),
    statistics: {
      queues: async () => ({
        offered: 0,
        answered: 0,
        abandoned: 0,
        shortAbandoned: 0,
        failed: 0,
        meanWaitMs: 0,
      }),
      failed: async () => 0,
      workload: async () => ({ able: 0, busy: 0 }),
      waiting: async () => state.waiting,
      conversationOf: async () => undefined,
    },
    liveCalls: { count: async () => state.liveCalls },
    account: {
      check: async (operations) =>
        operations.map((what) => ({
          what,
          state: state.missing.has(what) ? 'missing' : 'had',
          because: 'asked',
        })),
      rateLimit: async () => undefined,
      clockOffset: async () => 0 as Awaited<ReturnType<PlatformPorts['account']['clockOffset']>>,
    },
  }
}

type Write = (limits: WriteLimits, change: () => void) => Promise<void>

function trunkPorts(
  state: FakeState,
  write: Write,
): Pick<PlatformPorts, 'trunks' | 'inboundNumbers'> {
  return {
    trunks: {
      list: async () => [...state.trunks.values()],
      find: async (name) => state.trunks.get(name),
      async provision(spec, limits) {
        const { enabled = false } = state.trunks.get(spec.name) ?? {}
        const made = { ...trunkNamed(spec.name), ...spec, enabled }
        await write(limits, () => state.trunks.set(spec.name, made))
        return made
      },
      remove: (name, limits) => write(limits, () => state.trunks.delete(name)),
      setEnabled: (name, enabled, limits) =>
        write(limits, () => {
          const trunk = state.trunks.get(name)
          if (trunk === undefined) throw new NotFoundError(`no trunk ${name}`)
          state.trunks.set(name, { ...trunk, enabled })
        }),
      health: async () => ({ inService: true, because: 'OPTIONS answered' }),
    },
    inboundNumbers: {
      flows: async (names) => Object.fromEntries(names.map((name) => [name, { answers: true }])),
      known: async (numbers) => numbers,
      holders: async () => ({}),
      readBindings: async (numbers) =>
        Object.fromEntries(
          numbers.flatMap((number) => {
            const flow = state.numbers.get(number)
            return flow === undefined ? [] : [[number, flow]]
          }),
        ),
      // In two writes, as a vendor needs who binds a number at one flow at a time: off the old, onto the new.
      async bind(bindings, limits) {
        await write(limits, () => {
          for (const number of Object.keys(bindings)) state.numbers.delete(number)
        })
        await write(limits, () => {
          for (const [number, flow] of Object.entries(bindings))
            if (flow !== null) state.numbers.set(number, flow)
        })
      },
    },
  }
}

function peoplePorts(
  state: FakeState,
  write: Write,
): Pick<PlatformPorts, 'queues' | 'agents' | 'licences'> {
  const membersOf = (queue: string) => {
    const members = state.queues.get(queue)
    if (members === undefined) throw new NotFoundError(`no queue ${queue}`)
    return members
  }
  return {
    queues: {
      find: async (names) =>
        Object.fromEntries(
          names.filter((name) => state.queues.has(name)).map((name) => [name, queueId(name)]),
        ),
      members: async (queue) =>
        [...membersOf(queue)].map(([agent, joined]) => ({ agent: agentId(agent), joined })),
      ofAgents: async (agents) =>
        Object.fromEntries(
          agents.map((agent) => [
            agent,
            [...state.queues].flatMap(([name, members]) => {
              const joined = members.get(agent)
              return joined === undefined ? [] : [{ queue: queueId(name), name, joined }]
            }),
          ]),
        ),
      // In two writes, as a vendor needs who adds members joined, and lets them be corrected afterwards.
      async setMembers(queue, members, limits) {
        const held = membersOf(queue)
        const missing = members.filter(({ agent }) => !held.has(agent))
        if (missing.length > 0)
          await write(limits, () => {
            for (const { agent } of missing) held.set(agent, true)
          })
        const wrong = members.filter(({ agent, joined }) => held.get(agent) !== joined)
        if (wrong.length > 0)
          await write(limits, () => {
            for (const { agent, joined } of wrong) held.set(agent, joined)
          })
      },
      removeMembers: (queue, agents, limits) =>
        write(limits, () => {
          for (const agent of agents) membersOf(queue).delete(agent)
        }),
    },
    agents: {
      find: async (names) =>
        Object.fromEntries(
          names.filter((name) => state.agents.has(name)).map((name) => [name, agentId(name)]),
        ),
      status: async (agents) => agents.flatMap((agent) => statusOf(state, agent)),
      onQueue: async (agents) => agents.filter((agent) => state.agents.get(agent)?.onQueue),
      setOnQueue: (agents, onQueue, limits) =>
        write(limits, () => {
          for (const agent of agents) {
            const found = state.agents.get(agent)
            if (found === undefined || (onQueue && !found.registered))
              throw new PlatformConflictError(`${agent} has no session`)
            state.agents.set(agent, { ...found, onQueue })
          }
        }),
    },
    licences: {
      read: async (agents) =>
        Object.fromEntries(agents.map((agent) => [agent, [...(state.licences.get(agent) ?? [])]])),
      assign: (licence, { add, remove }, limits) =>
        write(limits, () => {
          for (const agent of add)
            state.licences.set(agent, new Set([...(state.licences.get(agent) ?? []), licence]))
          for (const agent of remove) state.licences.get(agent)?.delete(licence)
        }),
      owned: async () => [],
    },
  }
}

function statusOf(state: FakeState, agent: AgentId): readonly AgentStatus[] {
  const found = state.agents.get(agent)
  return found === undefined ? [] : [{ agent, ...found, because: 'asked' }]
}

/** A table of rows that are replaced only from what was read: shares, routes. */
function tablePort<Row>(rows: Map<string, Row>, write: Write) {
  return {
    read: async (key: string) => rows.get(key),
    async replace(
      key: string,
      before: Row | undefined,
      next: Row | undefined,
      limits: WriteLimits,
    ) {
      const found = rows.get(key)
      if (isDeepStrictEqual(found, next)) return
      if (!isDeepStrictEqual(found, before)) throw new PlatformConflictError(`${key} was changed`)
      await write(limits, () => {
        if (next === undefined) rows.delete(key)
        else rows.set(key, next)
      })
    },
  }
}
