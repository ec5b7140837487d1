import { ms } from '../../kernel/units.ts'
import type { AgentsContext } from './agent-input.ts'
import { AgentOnBothSidesError, AgentsNotSignedInError } from './errors.ts'
import {
  type AgentPlace,
  type Estate,
  idOf,
  type Move,
  type MovingAgent,
  openEstate,
  readPlaces,
  wasJoined,
} from './read-estate.ts'
import { writeMemberships } from './write-memberships.ts'

const aSecond = ms(1000)
/** How often, a second apart, sign-in is looked for before the engine is told to come back: who asks the run meanwhile waits as long. */
const looks = 5

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
 * @throws {AgentsNotSignedInError} when some are not signed in yet; doing it again goes on from there
 */
export async function moveToTarget(move: Move, context: AgentsContext): Promise<void> {
  const scene = { move, estate: await openEstate(move, context), context }
  for (const [index, batch] of batches(move).entries()) {
    if (index > 0) await context.clock.sleep(aSecond, context.signal)
    await leaveSource(scene, batch)
    await joinTarget(scene, batch)
    await goOnQueue(scene, batch)
  }
  await awaitSignIn(scene)
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
  const extensions = new Map(batch.map(({ user, extension }) => [user, extension]))
  const changes = (await look(scene, batch)).flatMap(({ user, source }) =>
    source.map(({ queue }) => {
      const agent = idOf(estate.sourceIds, idOf(extensions, user))
      return { queue, agent, joined: null }
    }),
  )
  await writeMemberships(move.source, estate.sourceQueues, changes, context)
  if (changes.length > 0) await look(scene, batch).then((places) => assertOffSource(move, places))
}

function assertOffSource({ source }: Move, places: readonly AgentPlace[]): void {
  const still = places.filter((place) => place.source.length > 0).map(({ user }) => user)
  if (still.length > 0) throw new AgentOnBothSidesError(source, still)
}

async function joinTarget(scene: Scene, batch: readonly MovingAgent[]): Promise<void> {
  const { move, estate, context } = scene
  const changes = (await look(scene, batch)).flatMap(({ user, target }) =>
    target
      .filter(({ joined }) => joined !== true)
      .map(({ queue }) => ({ queue, agent: idOf(estate.targetIds, user), joined: true })),
  )
  await writeMemberships(move.target, estate.targetQueues, changes, context)
}

/** Puts on queue who can be; returns who can't yet. */
async function goOnQueue(
  scene: Scene,
  agents: readonly MovingAgent[],
): Promise<readonly MovingAgent[]> {
  const { move, estate, context } = scene
  const places = await look(scene, agents)
  assertOffSource(move, places)
  const ready = places.filter(({ registered, onQueue }) => registered && !onQueue)
  if (ready.length > 0) {
    const ids = ready.map(({ user }) => idOf(estate.targetIds, user))
    await context.ports.platforms.port(move.target, 'agents').setOnQueue(ids, true, context)
  }
  const absent = new Set(places.filter(({ registered }) => !registered).map(({ user }) => user))
  return agents.filter(({ user }) => absent.has(user))
}

async function awaitSignIn(scene: Scene): Promise<void> {
  const { clock, signal } = scene.context
  let waiting = await goOnQueue(scene, scene.move.agents)
  for (let tries = 0; waiting.length > 0; tries += 1) {
    if (tries === looks) throw new AgentsNotSignedInError(waiting.map(({ user }) => user))
    await clock.sleep(aSecond, signal)
    waiting = await goOnQueue(scene, waiting)
  }
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
  const places = new Map((await look(scene, batch)).map((place) => [place.user, place]))
  const changes = batch.flatMap(({ user, extension }) => {
    const there = places.get(user)?.source ?? []
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
