import { createRandom } from '../kernel/random.ts'
import { epochMs, type Milliseconds } from '../kernel/units.ts'
import type { VirtualTime } from '../kernel/virtual-clock.ts'
import type { EstateAgent } from './estate.ts'

/** Where the target learns that an agent's phone can be reached; what an organisation of the lab offers. */
export interface Phones {
  setPhoneReachable(user: string, reachable: boolean): void
}

/** The people: each sits at one desk at a time, and has one call at a time, whatever the platforms think. */
export interface Staff {
  /** By PBX extension, as its agent lever shows it; undefined for nobody's. */
  read(extension: string): AgentAtPbx | undefined
  /**
   * Replaces the agent's PBX queues. Without any, the agent ends the call in progress, leaves the desk and
   * signs on at the target; with some again, the other way round.
   *
   * @returns whether there is such an agent
   */
  setQueues(extension: string, queues: readonly string[]): boolean
  /** Signed-in members of a PBX queue without a call, longest idle first. */
  freeAtPbx(queue: string): readonly string[]
  hasMemberAtPbx(queue: string): boolean
  /** Members of any PBX queue who are signed in there, in a call or not (promise 7). */
  routableAtPbx(): readonly string[]
  isBusy(user: string): boolean
  occupy(user: string, call: string): void
  release(user: string): void
}

export interface AgentAtPbx {
  readonly extension: string
  readonly queues: readonly string[]
  readonly signedIn: boolean
}

type Desk = 'pbx' | 'genesys-cloud' | 'between'

interface Person {
  readonly extension: string
  readonly user: string
  queues: readonly string[]
  desk: Desk
  heading: Desk
  call: string | undefined
  idleSince: number
  cancelMove: () => void
}

export interface StaffSurroundings {
  readonly time: VirtualTime
  readonly seed: number
  /** How long changing desks takes, give or take half. */
  readonly signOn: Milliseconds
  readonly phones: Phones
  /** Somebody can be offered a call now who could not before, or no longer. */
  readonly changed: () => void
}

export function createStaff(agents: readonly EstateAgent[], around: StaffSurroundings): Staff {
  const people = new Map(agents.map((agent) => [agent.extension, seat(agent)]))
  const byUser = new Map([...people.values()].map((person) => [person.user, person]))
  const byQueue = new Map<string, Set<Person>>()
  for (const person of people.values()) join(byQueue, person)
  const move = createMover(around)
  for (const { user, desk } of people.values()) {
    if (desk === 'genesys-cloud') around.phones.setPhoneReachable(user, true)
  }
  const membersAt = (queue: string) =>
    [...(byQueue.get(queue) ?? [])].filter(({ desk }) => desk === 'pbx')

  return {
    read(extension) {
      const person = people.get(extension)
      if (person === undefined) return undefined
      return { extension, queues: person.queues, signedIn: person.desk === 'pbx' }
    },
    setQueues(extension, queues) {
      const person = people.get(extension)
      if (person === undefined) return false
      for (const queue of person.queues) byQueue.get(queue)?.delete(person)
      person.queues = [...queues]
      join(byQueue, person)
      move(person)
      around.changed()
      return true
    },
    freeAtPbx: (queue) =>
      membersAt(queue)
        .filter(({ call }) => call === undefined)
        .sort((a, b) => a.idleSince - b.idleSince)
        .map(({ user }) => user),
    hasMemberAtPbx: (queue) => membersAt(queue).length > 0,
    routableAtPbx: () =>
      [...people.values()]
        .filter(({ desk, queues }) => desk === 'pbx' && queues.length > 0)
        .map(({ user }) => user),
    isBusy: (user) => byUser.get(user)?.call !== undefined,
    occupy(user, call) {
      const person = byUser.get(user)
      if (person !== undefined) person.call = call
    },
    release(user) {
      const person = byUser.get(user)
      if (person === undefined) return
      person.call = undefined
      person.idleSince = around.time.now()
      move(person)
      around.changed()
    },
  }
}

function seat({ extension, user, queues }: EstateAgent): Person {
  const desk = queues.length > 0 ? 'pbx' : 'genesys-cloud'
  const cancelMove = () => {}
  return {
    extension,
    user,
    queues,
    desk,
    heading: desk,
    call: undefined,
    idleSince: 0,
    cancelMove,
  }
}

function join(byQueue: Map<string, Set<Person>>, person: Person): void {
  for (const queue of person.queues) {
    const members = byQueue.get(queue)
    if (members === undefined) byQueue.set(queue, new Set([person]))
    else members.add(person)
  }
}

/** Who leaves a desk leaves it first and is nowhere for some seconds: never at both (promise 7). */
function createMover({ time, seed, signOn, phones, changed }: StaffSurroundings) {
  const random = createRandom(seed)
  return (person: Person) => {
    const heading = person.queues.length > 0 ? 'pbx' : 'genesys-cloud'
    if (person.call !== undefined || person.heading === heading) return
    person.cancelMove()
    if (person.desk === 'genesys-cloud') phones.setPhoneReachable(person.user, false)
    person.desk = 'between'
    person.heading = heading
    const arriveAt = epochMs(time.now() + signOn * (0.5 + random.next()))
    person.cancelMove = time.schedule(arriveAt, () => {
      person.desk = heading
      person.idleSince = time.now()
      if (heading === 'genesys-cloud') phones.setPhoneReachable(person.user, true)
      changed()
    })
  }
}
