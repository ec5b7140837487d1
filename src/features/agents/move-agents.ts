import { type Milliseconds, ms } from '../../kernel/units.ts'
import { type AgentsContext, findAgents } from './agent-input.ts'
import { AgentOnBothSidesError, AgentsNotSignedInError, notSignedInCode } from './errors.ts'
import {
  type AgentPlace,
  type Estate,
  idOf,
  type Move,
  type MovingAgent,
  openEstate,
  readOnQueue,
  readPlaces,
  readSource,
  readStatuses,
  readTarget,
  wasJoined,
} from './read-estate.ts'
import { writeMemberships } from './write-memberships.ts'

const aSecond = ms(1000)
const aMinute = 60_000

interface Scene {
  readonly move: Move
  readonly estate: Estate
  readonly context: AgentsContext
}

/**
 * Moves agents whole, in batches at the rate of the storm guard (D13): out of the source's queues, read
 * back, then joined at the target, then on queue once they are signed in there. Never on both (promise 7):
 * so out of all of the source's queues, those too that the plan doesn't name; the pre-image keeps them all.
 *
 * While only sign-in is waited for, only that is looked at (X10); who has signed in is moved again as
 * everybody was, and finds most of it done.
 *
 * @throws {AgentsNotSignedInError} when some are not signed in yet; doing it again goes on from there
 */
export async function moveToTarget(move: Move, context: AgentsContext): Promise<void> {
  const areMoved = context.lastError?.code === notSignedInCode
  if (!areMoved) await moveWhole(move, context)
  const { waiting, arrived, working } = await lookAtFloor(move, context)
  const due = areMoved && isMinuteOver(move, context) ? [...arrived, ...working] : arrived
  if (due.length > 0) await moveWhole({ ...move, agents: due }, context)
  if (waiting.length > 0) {
    const users = waiting.map(({ user }) => user)
    throw new AgentsNotSignedInError(users, pauseBetweenLooks(move, context))
  }
}

async function moveWhole(move: Move, context: AgentsContext): Promise<void> {
  const scene = { move, estate: await openEstate(move, context), context }
  for (const [index, batch] of batches(move).entries()) {
    if (index > 0) await context.clock.sleep(aSecond, context.signal)
    await leaveSource(scene, batch)
    await joinTarget(scene, batch)
    await goOnQueue(scene, batch)
  }
}

interface Floor {
  /** Not signed in at the target. */
  readonly waiting: readonly MovingAgent[]
  /** Signed in, and not on queue: to be put there. */
  readonly arrived: readonly MovingAgent[]
  readonly working: readonly MovingAgent[]
}

/** Few are between signing in and being put on queue: only of those their phones are asked. */
async function lookAtFloor({ target, agents }: Move, context: AgentsContext): Promise<Floor> {
  const ids = await findAgents(
    target,
    agents.map(({ user }) => user),
    context,
  )
  const working = await readOnQueue(target, agents, ids, context)
  const others = agents.filter((agent) => !working.includes(agent))
  const statuses =
    others.length === 0 ? new Map() : await readStatuses(target, others, ids, context)
  const isIn = ({ user }: MovingAgent) => statuses.get(user)?.registered === true
  return {
    waiting: others.filter((agent) => !isIn(agent)),
    arrived: others.filter(isIn),
    working,
  }
}

const shortestPause = 1000
const longestPause = 5000
/** Of so many agents one call tells, at most vendors. */
const agentsPerCall = 50

/**
 * A quarter of the time that it has lasted, 5 s at most; but no more than a call a second, which is a fifth of
 * what the slowest vendor allows, and so longer for hundreds of agents (X10).
 */
function pauseBetweenLooks({ agents }: Move, { clock, startedAt }: AgentsContext): Milliseconds {
  const callsPerLook = 3 * Math.ceil(agents.length / agentsPerCall)
  const longest = Math.max(longestPause, callsPerLook * aSecond)
  const quarter = Math.round((clock.now() - startedAt) / 4)
  return ms(Math.min(longest, Math.max(shortestPause, quarter)))
}

/** Those at work are looked at whole once a minute: somebody may have put them back at the source (promise 7). */
function isMinuteOver(move: Move, context: AgentsContext): boolean {
  const lasted = context.clock.now() - context.startedAt
  // A look takes a while itself, so that the one before was a little longer ago than the pause.
  return lasted % aMinute < pauseBetweenLooks(move, context) + aSecond
}

/** The mirror: off at the target first, read back, then into the source's queues as before. */
export async function moveToSource(
  move: Move,
  before: readonly AgentPlace[],
  context: AgentsContext,
): Promise<void> {
  const scene = { move, estate: await openEstate(move, context, before), context }
  const placeBefore = new Map(before.map((place) => [place.user, place]))
  for (const [index, batch] of batches(move).entries()) {
    if (index > 0) await context.clock.sleep(aSecond, context.signal)
    await leaveTarget(scene, batch, placeBefore)
    await returnToSource(scene, batch, placeBefore)
  }
}

function batches({ agents, perSecond }: Move): readonly (readonly MovingAgent[])[] {
  const size = Math.max(1, Math.floor(perSecond))
  const count = Math.ceil(agents.length / size)
  return Array.from({ length: count }, (_, index) => agents.slice(index * size, (index + 1) * size))
}

const look = ({ move, estate, context }: Scene, agents: readonly MovingAgent[]) =>
  readPlaces(move, agents, estate, context)

async function leaveSource(scene: Scene, batch: readonly MovingAgent[]): Promise<void> {
  const { move, estate, context } = scene
  const source = await readSource(move, batch, estate, context)
  const changes = batch.flatMap(({ user, extension }) => {
    const agent = idOf(estate.sourceIds, extension)
    return (source.get(user) ?? []).map(({ queue }) => ({ queue, agent, joined: null }))
  })
  await writeMemberships(move.source, estate.sourceQueues, changes, context)
  if (changes.length > 0) await assertOffSource(scene, batch)
}

async function assertOffSource(
  { move, estate, context }: Scene,
  agents: readonly MovingAgent[],
): Promise<void> {
  const source = await readSource(move, agents, estate, context)
  const still = [...source].filter(([, queues]) => queues.length > 0).map(([user]) => user)
  if (still.length > 0) throw new AgentOnBothSidesError(move.source, still)
}

async function joinTarget(scene: Scene, batch: readonly MovingAgent[]): Promise<void> {
  const { move, estate, context } = scene
  const target = await readTarget(move, batch, estate, context)
  const changes = [...target].flatMap(([user, queues]) =>
    queues
      .filter(({ joined }) => joined !== true)
      .map(({ queue }) => ({ queue, agent: idOf(estate.targetIds, user), joined: true })),
  )
  await writeMemberships(move.target, estate.targetQueues, changes, context)
}

/** Puts on queue who can be: who is signed in, and still in no queue of the source. */
async function goOnQueue(scene: Scene, batch: readonly MovingAgent[]): Promise<void> {
  const { move, estate, context } = scene
  await assertOffSource(scene, batch)
  const statuses = await readStatuses(move.target, batch, estate.targetIds, context)
  const ready = [...statuses.values()].filter(({ registered, onQueue }) => registered && !onQueue)
  if (ready.length === 0) return
  const ids = ready.map(({ agent }) => agent)
  await context.ports.platforms.port(move.target, 'agents').setOnQueue(ids, true, context)
}

type Before = ReadonlyMap<string, AgentPlace>

async function leaveTarget(
  scene: Scene,
  batch: readonly MovingAgent[],
  before: Before,
): Promise<void> {
  const { move, estate, context } = scene
  const places = await look(scene, batch)
  const off = places.filter(({ user, onQueue }) => onQueue && before.get(user)?.onQueue === false)
  if (off.length > 0) {
    const ids = off.map(({ user }) => idOf(estate.targetIds, user))
    await context.ports.platforms.port(move.target, 'agents').setOnQueue(ids, false, context)
  }
  const changes = places.flatMap((place) =>
    joinedByUs(place, before).map(({ queue, joined }) => {
      const agent = idOf(estate.targetIds, place.user)
      return { queue, agent, joined: joined === null ? null : false }
    }),
  )
  await writeMemberships(move.target, estate.targetQueues, changes, context)
  const still = (await look(scene, batch)).filter((place) => joinedByUs(place, before).length > 0)
  if (still.length > 0)
    throw new AgentOnBothSidesError(
      move.target,
      still.map(({ user }) => user),
    )
}

/** The target queues in which an agent works now and didn't before, with what he was in them then. */
function joinedByUs({ user, target }: AgentPlace, before: Before) {
  const then = before.get(user)
  if (then === undefined) return []
  return target
    .filter(({ queue, joined }) => joined === true && !wasJoined(then, queue))
    .map(({ queue }) => ({
      queue,
      joined: then.target.find((one) => one.queue === queue)?.joined ?? null,
    }))
}

async function returnToSource(
  scene: Scene,
  batch: readonly MovingAgent[],
  before: Before,
): Promise<void> {
  const { move, estate, context } = scene
  const found = await readSource(move, batch, estate, context)
  const changes = batch.flatMap(({ user, extension }) => {
    const there = found.get(user) ?? []
    // Also who only belonged to a queue and is joined in it now: a vendor may add members joined, and was cut.
    const open = (before.get(user)?.source ?? []).filter(({ queue, joined }) => {
      const now = there.find((one) => one.queue === queue)
      return now === undefined || (now.joined && !joined)
    })
    const agent = idOf(estate.sourceIds, extension)
    return open.map(({ queue, joined }) => ({ queue, agent, joined }))
  })
  await writeMemberships(move.source, estate.sourceQueues, changes, context)
}
