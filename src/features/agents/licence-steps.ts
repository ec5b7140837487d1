import { z } from 'zod'
import { defineCheck, defineStep, traceOfParts, type Verification } from '../../engine/step.ts'
import { formatDuration } from '../../kernel/duration.ts'
import type { AgentId } from '../../kernel/ids.ts'
import { epochMs, later, ms } from '../../kernel/units.ts'
import { askWayBack } from '../platform/index.ts'
import { type AgentsContext, fewOf, findAgents, groupBy, platformInput } from './agent-input.ts'

const duration = z.number().positive().transform(ms)

export const LicencesInput = z.object({
  platform: platformInput,
  assignments: z.array(z.object({ user: z.string().min(1), licence: z.string().min(1) })).min(1),
  /** How long the platform may take to put them in force: 15 to 30 min (W5.1). */
  longest: duration,
  owner: z.string().min(1),
})
type Licences = z.output<typeof LicencesInput>

interface LicencesState {
  /** Who lacked which licence when first looked at: what this step adds, and takes away again. */
  readonly lacking: readonly { readonly user: string; readonly licence: string }[]
}

/** Assigns the licences that agents will need at the target, a day ahead (W5.1). */
export const assignLicencesStep = defineStep({
  kind: 'licences.assign',
  type: 'change',
  reversibility: 'bounded',
  input: LicencesInput,
  cost: ({ assignments }) => 6 + Math.ceil(assignments.length / 10),
  describe: ({ platform, assignments }) =>
    `assign ${assignments.length} licences at ${platform} to the agents that lack them`,
  estimate: () => ms(15 * 60_000),
  estimateUndo: () => ms(15 * 60_000),
  patience: ({ longest, owner }) => ({ longest, owner, then: 'stay' }),

  observe: async (input: Licences, context: AgentsContext): Promise<LicencesState> => ({
    lacking: await findLacking(input, context),
  }),
  isDone: (_input, { lacking }) => lacking.length === 0,
  trace: ({ assignments }, { lacking }) =>
    traceOfParts(assignments.length - lacking.length, assignments.length),
  effect(_input, { lacking }) {
    const groups = [...groupBy(lacking, ({ licence }) => licence)]
    return groups
      .map(([licence, those]) => `${licence} for ${fewOf(those.map(({ user }) => user))}`)
      .join('; ')
  },
  act: (input, { lacking }, context) => assign(input, lacking, 'add', context),
  verify: verifyInForce,

  wayBack(input, { lacking }, context) {
    const question = {
      platform: input.platform,
      operations: ['licences.assign'],
      inverse: `take ${lacking.length} licences away again`,
      probe: () => findLacking(input, context),
    }
    return askWayBack(context.ports.platforms, question, context.signal)
  },
  // What `act` gave may not show yet; so it is taken from all of them, whatever `read` says now.
  undo: (input, { lacking }, context) => assign(input, lacking, 'remove', context),

  async verifyUndone(input, before, context): Promise<Verification> {
    const lacking = await findLacking(input, context)
    const isOpen = ({ user, licence }: (typeof lacking)[number]) =>
      !lacking.some((other) => other.user === user && other.licence === licence)
    const left = before.lacking.filter(isOpen).map(({ user }) => user)
    if (left.length > 0) return { kind: 'not-yet', because: `still licensed: ${fewOf(left)}` }
    return { kind: 'verified', seen: `${before.lacking.length} licences are taken away again` }
  },
})

/** Waits until every targeted agent's licence reads back; a wave doesn't start without (W5.1). */
export const licencesInForceCheck = defineCheck({
  kind: 'licences.in-force',
  type: 'check',
  input: LicencesInput,
  describe: ({ platform, assignments }: Licences) =>
    `read back ${assignments.length} licences at ${platform}`,
  estimate: () => ms(60_000),
  patience: ({ longest, owner }) => ({ longest, owner, then: 'roll-back' }),
  verify: verifyInForce,
})

const Lead = z.object({
  platform: platformInput,
  /** How long licences are to be assigned before the cutover (W5.1), and what of it is still to be waited. */
  lead: duration,
  wait: duration,
  /** An earlier run saw them in force then, and `wait` counts from there. Absent: from the first look. */
  since: z.number().int().transform(epochMs).exactOptional(),
})
type Lead = z.output<typeof Lead>

/** Waits until licences have been assigned for their lead, as far as waiting for caches hasn't covered it (W5.1). */
export const licencesLeadCheck = defineCheck({
  kind: 'licences.lead',
  type: 'check',
  input: Lead,
  describe: ({ platform, lead, wait, since }: Lead) =>
    since === undefined
      ? `wait ${formatDuration(wait)} more until licences at ${platform} have been assigned for ${formatDuration(lead)}`
      : `see that licences at ${platform} have been assigned for ${formatDuration(lead)}, as an earlier run saw them`,
  estimate: ({ wait, since }) => (since === undefined ? wait : ms(0)),
  patience: ({ wait }) => ({ longest: ms(wait + 15 * 60_000), owner: 'operator', then: 'stay' }),

  verify({ lead, wait, since }, { clock, startedAt }: AgentsContext): Promise<Verification> {
    const due = later(since ?? startedAt, wait)
    const now = clock.now()
    if (now >= due)
      return Promise.resolve({ kind: 'verified', seen: `assigned for ${formatDuration(lead)}` })
    const because = `${formatDuration(ms(due - now))} until licences have been assigned for ${formatDuration(lead)}`
    return Promise.resolve({ kind: 'not-yet', because, lookAgainAt: due })
  },
})

async function verifyInForce(input: Licences, context: AgentsContext): Promise<Verification> {
  const lacking = (await findLacking(input, context)).map(({ user }) => user)
  const { length } = input.assignments
  if (lacking.length > 0) {
    const because = `${lacking.length} of ${length} licences not in force: ${fewOf(lacking)}`
    return { kind: 'not-yet', because, lookAgainAt: later(context.clock.now(), ms(30_000)) }
  }
  return { kind: 'verified', seen: `${length} of ${length} licences are in force` }
}

async function findLacking(
  input: Licences,
  context: AgentsContext,
): Promise<LicencesState['lacking']> {
  const ids = await findAgents(input.platform, usersOf(input.assignments), context)
  const port = context.ports.platforms.port(input.platform, 'licences')
  const held = await port.read([...ids.values()], context.signal)
  return input.assignments.filter(({ user, licence }) => {
    const id = ids.get(user)
    return id === undefined || !(held[id] ?? []).includes(licence)
  })
}

async function assign(
  input: Licences,
  wanted: LicencesState['lacking'],
  how: 'add' | 'remove',
  context: AgentsContext,
): Promise<void> {
  if (wanted.length === 0) return
  const ids = await findAgents(input.platform, usersOf(wanted), context)
  const port = context.ports.platforms.port(input.platform, 'licences')
  for (const [licence, users] of groupBy(wanted, (one) => one.licence)) {
    const agents = users.map(({ user }) => ids.get(user)).filter(isKnown)
    const change = how === 'add' ? { add: agents, remove: [] } : { add: [], remove: agents }
    await port.assign(licence, change, context)
  }
}

function usersOf(assignments: LicencesState['lacking']): readonly string[] {
  return [...new Set(assignments.map(({ user }) => user))]
}

function isKnown(id: AgentId | undefined): id is AgentId {
  return id !== undefined
}
