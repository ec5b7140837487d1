import type { EpochMs } from '../../../kernel/units.ts'
import type { CloudAdmission, CloudCallEvent, SimulatedCloud } from '../../cloud.ts'
import { buildConfig, buildFacts } from './build.ts'
import { type CallLog, createCallLog } from './calls.ts'
import { numberAt, textAt } from './json.ts'
import { setPresence, toEndOfLine } from './presence.ts'
import type { GenesysOrgSpec, SystemPresence } from './spec.ts'
import {
  findByName,
  isLicenceInForce,
  isTrunkInService,
  type OrgConfig,
  type OrgFacts,
  type User,
} from './state.ts'

/**
 * A simulated organisation: the world puts calls and agents into it, the API (api.ts) shows and changes
 * the same state. Agents are named by their e-mail, queues by their name, sites by the plan's name.
 */
export interface GenesysOrg extends SimulatedCloud {
  readonly facts: OrgFacts
  readonly config: OrgConfig
  readonly calls: CallLog
  /** The agent's phone registers, or is lost; who loses it is taken off queue. */
  setPhoneReachable(email: string, reachable: boolean): void
  /** The agent chooses a presence at the desk. Without a phone there is no `OnQueue`: then false. */
  setPresence(email: string, presence: SystemPresence): boolean
}

/** Makes an organisation from data; the same data and seed make the same one. */
export function createGenesysOrg(spec: GenesysOrgSpec): GenesysOrg {
  const facts = buildFacts(spec)
  const config = buildConfig(spec, facts)
  const calls = createCallLog(facts.newId, facts.timing.shortAbandon)
  const idByEmail = new Map([...config.users.values()].map(({ email, id }) => [email, id]))
  const onQueueId = findByName(facts.presences.values(), 'OnQueue')?.id
  const userOf = (email: string) => config.users.get(idByEmail.get(email) ?? '')
  const queueOf = (name: string) => findByName(config.queues.values(), name)
  const change = (user: User, presence: SystemPresence) => {
    const definition = findByName(facts.presences.values(), presence)
    return definition !== undefined && setPresence(user, definition, { facts, config })
  }
  const isReady = (user: User, now: EpochMs) =>
    user.presenceId === onQueueId &&
    user.call === undefined &&
    user.phoneReachable &&
    isLicensed(user, now)

  return {
    facts,
    config,
    calls,
    admit: (dnis) => admit(dnis, facts, config),
    routableAgents(queue) {
      const members = queueOf(queue)?.members
      if (members === undefined || members.size === 0) return []
      const now = facts.now()
      return emails(config, (user) => isReady(user, now) && members.get(user.id) === true)
    },
    routableAnywhere() {
      const joined = new Set<string>()
      for (const { members } of config.queues.values()) {
        for (const [id, isJoined] of members) if (isJoined) joined.add(id)
      }
      const now = facts.now()
      return emails(config, (user) => isReady(user, now) && joined.has(user.id))
    },
    record(event) {
      const conversation = calls.record(event)
      occupy(
        config,
        conversation?.agent === undefined ? undefined : userOf(conversation.agent),
        event,
      )
    },
    setPhoneReachable(email, reachable) {
      const user = userOf(email)
      if (user === undefined || user.phoneReachable === reachable) return
      user.phoneReachable = reachable
      user.phoneSince = facts.now()
      change(user, reachable ? 'Available' : 'Offline')
    },
    setPresence(email, presence) {
      const user = userOf(email)
      return user !== undefined && change(user, presence)
    },
  }
}

/** Whether any of the user's licences is in force. */
function isLicensed(user: User, now: EpochMs): boolean {
  for (const term of user.licences.values()) {
    if (isLicenceInForce(term, now)) return true
  }
  return false
}

/** The trunk is the carrier's choice, by the number; the flow is the organisation's, by the binding. */
function admit(dnis: string, facts: OrgFacts, config: OrgConfig): CloudAdmission {
  const site = facts.sites.find(({ numbers }) => numbers.includes(dnis))
  if (site === undefined) return rejected(404, `${dnis} is no number of this organisation`)
  const base = findByName(config.trunkBases.values(), site.trunk)
  if (base === undefined) return rejected(403, `no trunk ${site.trunk}`)
  if (!isTrunkInService(base, facts)) return rejected(503, `trunk ${site.trunk} is not in service`)
  const ivr = [...config.ivrs.values()].find((candidate) => candidate.dnis.includes(dnis))
  const flow = facts.flows.get(ivr?.flowId ?? '')
  if (flow === undefined) return rejected(404, `${dnis} is bound to no flow`)
  const share = shareOf(flow.site, facts, config)
  return {
    kind: 'flow',
    site: flow.site,
    queue: flow.queueOf(dnis),
    ...(share === undefined ? {} : { share }),
  }
}

function rejected(status: number, reason: string): CloudAdmission {
  return { kind: 'rejected', status, reason }
}

function shareOf(
  site: string,
  facts: OrgFacts,
  config: OrgConfig,
): { readonly boundary: number; readonly salt: string } | undefined {
  const row = findByName(config.tables.values(), facts.shareTable)?.rows.get(site)
  const boundary = numberAt(row, 'boundary')
  return boundary === undefined ? undefined : { boundary, salt: textAt(row, 'salt') ?? '' }
}

function emails(config: OrgConfig, wanted: (user: User) => boolean): readonly string[] {
  const found: string[] = []
  for (const user of config.users.values()) if (wanted(user)) found.push(user.email)
  return found
}

function occupy(config: OrgConfig, user: User | undefined, event: CloudCallEvent): void {
  if (user === undefined) return
  if (event.kind === 'answered') user.call = event.call
  if (event.kind === 'ended' && user.call === event.call) {
    user.call = undefined
    toEndOfLine(config, user)
  }
}
