import { describe, expect, it } from 'vitest'
import { checkContext } from '../../../test/contracts/check-context.ts'
import { itKeepsTheStepLaws } from '../../../test/contracts/step-laws.ts'
import { type FakeState, fakeState, platformsOver } from '../../../test/contracts/step-worlds.ts'
import { chainEntries, emptyHead } from '../../engine/journal.ts'
import type { RunEvent } from '../../engine/run-event.ts'
import { epoch } from '../../kernel/authority.ts'
import { runId, stepKey } from '../../kernel/ids.ts'
import { epochMs } from '../../kernel/units.ts'
import { affiliateAgentsStep } from './affiliate-step.ts'
import { agentsRegisteredCheck, queueDrainedCheck } from './agent-checks.ts'
import { assignLicencesStep, licencesInForceCheck, licencesLeadCheck } from './licence-steps.ts'
import { moveAgentsStep } from './move-agents-step.ts'
import { oneSideCheck } from './one-side-check.ts'
import { rememberLicences } from './remember-licences.ts'

const users = ['ann', 'bob', 'cy']
const signedIn = (registered = true) =>
  new Map(users.map((user) => [user, { registered, onQueue: false }]))

function floor(registered = true) {
  const pbx = fakeState({
    agents: new Map(users.map((_, index) => [`10${index}`, { registered: true, onQueue: true }])),
    queues: new Map([
      ['skill 1', new Map(users.map((_, index) => [`10${index}`, true]))],
      ['skill 2', new Map([['100', false]])],
    ]),
  })
  const cloud = fakeState({
    agents: signedIn(registered),
    queues: new Map([['Billing', new Map(users.map((user) => [user, false]))]]),
  })
  /** Agents who were, after some write, routable on both sides. */
  const onBoth: string[] = []
  const watch = () => {
    for (const [index, user] of users.entries()) {
      const inSource = [...pbx.queues.values()].some((queue) => queue.get(`10${index}`) === true)
      const inTarget = cloud.queues.get('Billing')?.get(user) === true
      if (inSource && inTarget && cloud.agents.get(user)?.onQueue === true) onBoth.push(user)
    }
  }
  return { pbx, cloud, onBoth, platforms: platformsOver({ pbx, cloud }, watch) }
}
type Floor = ReturnType<typeof floor>

const move = {
  source: 'pbx',
  target: 'cloud',
  agents: users.map((user, index) => ({
    user,
    extension: `10${index}`,
    sourceQueues: ['skill 1', 'skill 2'],
    targetQueues: ['Billing'],
  })),
  longest: 600_000,
  owner: 'night-lead',
  perSecond: 2,
}
const memberships = ({ queues }: FakeState) =>
  Object.fromEntries(
    [...queues].map(([name, members]) => [name, Object.fromEntries([...members].toSorted())]),
  )

itKeepsTheStepLaws(moveAgentsStep, {
  input: move,
  arrange: () => floor(),
  snapshot: ({ pbx, cloud, onBoth }: Floor) => ({
    source: memberships(pbx),
    target: memberships(cloud),
    agents: Object.fromEntries(cloud.agents),
    onBoth,
  }),
  meddle: {
    act: ({ pbx, cloud }: Floor) => {
      pbx.queues.get('skill 2')?.set('102', true)
      cloud.queues.get('Billing')?.delete('ann')
    },
    look: ({ pbx, cloud }: Floor) => [
      pbx.queues.get('skill 2')?.get('102'),
      cloud.queues.get('Billing')?.get('ann'),
    ],
  },
  blockWayBack: ({ pbx }: Floor) => {
    pbx.missing.add('queues.setMembers')
  },
})

itKeepsTheStepLaws(affiliateAgentsStep, {
  input: {
    platform: 'cloud',
    queues: [
      { queue: 'Billing', users },
      { queue: 'Support', users: ['bob'] },
    ],
  },
  arrange: () => {
    const ports = floor()
    ports.cloud.queues.set('Billing', new Map([['ann', true]]))
    ports.cloud.queues.set('Support', new Map())
    return ports
  },
  snapshot: ({ cloud }: Floor) => memberships(cloud),
  meddle: {
    act: ({ cloud }: Floor) => {
      cloud.queues.get('Billing')?.set('bob', true)
      cloud.agents.set('bob', { registered: true, onQueue: true })
    },
    look: ({ cloud }: Floor) => cloud.queues.get('Billing')?.get('bob'),
  },
  blockWayBack: ({ cloud }: Floor) => {
    cloud.missing.add('queues.removeMembers')
  },
})

const licences = {
  platform: 'cloud',
  assignments: users.map((user) => ({ user, licence: user === 'cy' ? 'digital' : 'voice' })),
  longest: 1_800_000,
  owner: 'lead',
}

itKeepsTheStepLaws(assignLicencesStep, {
  input: licences,
  arrange: () => {
    const ports = floor()
    ports.cloud.licences.set('ann', new Set(['voice']))
    ports.cloud.licences.set('bob', new Set())
    ports.cloud.licences.set('cy', new Set())
    return ports
  },
  snapshot: ({ cloud }: Floor) =>
    Object.fromEntries([...cloud.licences].map(([agent, held]) => [agent, [...held]])),
  meddle: {
    act: ({ cloud }: Floor) => cloud.licences.get('bob')?.add('theirs'),
    look: ({ cloud }: Floor) => cloud.licences.get('bob')?.has('theirs'),
  },
  blockWayBack: ({ cloud }: Floor) => {
    cloud.missing.add('licences.assign')
  },
})

describe('agents.affiliate', () => {
  const input = affiliateAgentsStep.input.parse({
    platform: 'cloud',
    queues: [{ queue: 'Billing', users }],
  })
  const begin = async () => {
    const ports = floor()
    ports.cloud.queues.set('Billing', new Map())
    const context = checkContext(ports)
    return { ports, context, before: await affiliateAgentsStep.observe(input, context) }
  }
  const join = ({ cloud }: Floor, user: string, onQueue: boolean) => {
    cloud.queues.get('Billing')?.set(user, true)
    cloud.agents.set(user, { registered: true, onQueue })
  }
  const stands = async (of: Awaited<ReturnType<typeof begin>>, direction: 'forward' | 'back') =>
    affiliateAgentsStep.foundOtherwise?.(input, { direction, before: of.before }, of.context)

  it('promise 4 takes back who was left joined by its own cut, and leaves who is at work, until he is not', async () => {
    const { ports, context, before } = await begin()
    await affiliateAgentsStep.act(input, before, context)
    join(ports, 'ann', false)
    join(ports, 'bob', true)

    await expect(affiliateAgentsStep.undo(input, before, context)).rejects.toMatchObject({
      code: 'agents.still-at-work',
      remedy: 'wait',
      details: { agents: ['bob'] },
    })
    expect(memberships(ports.cloud)).toEqual({ Billing: { bob: true } })

    ports.cloud.agents.set('bob', { registered: true, onQueue: false })
    await affiliateAgentsStep.undo(input, before, context)
    expect(await affiliateAgentsStep.verifyUndone(input, before, context)).toMatchObject({
      kind: 'verified',
    })
  })

  it('X7 finds a membership gone, but leaves it to the moves once they have begun', async () => {
    const scene = await begin()
    await affiliateAgentsStep.act(input, scene.before, scene.context)
    expect(await stands(scene, 'forward')).toBeUndefined()

    scene.ports.cloud.queues.get('Billing')?.delete('cy')
    expect(await stands(scene, 'forward')).toBe('no longer members: cy')
    join(scene.ports, 'ann', true)
    expect(await stands(scene, 'forward')).toBeUndefined()

    expect(await stands(scene, 'back')).toBe('still members: ann, bob')
  })
})

describe('agents.move', () => {
  const input = moveAgentsStep.input.parse(move)

  it('promise 7 nobody is routable on both sides after any write, there and back', async () => {
    const ports = floor()
    const context = checkContext(ports)
    const before = await moveAgentsStep.observe(input, context)

    await moveAgentsStep.act(input, before, context)
    expect(memberships(ports.pbx)).toEqual({ 'skill 1': {}, 'skill 2': {} })
    await moveAgentsStep.undo(input, before, context)

    expect(ports.onBoth).toEqual([])
  })

  it('promise 7 leaves every queue of the source, also one that the plan does not name, and returns to it', async () => {
    const ports = floor()
    ports.pbx.queues.set('night', new Map([['101', true]]))
    const began = memberships(ports.pbx)
    const context = checkContext(ports)
    const before = await moveAgentsStep.observe(input, context)

    await moveAgentsStep.act(input, before, context)
    expect(memberships(ports.pbx)).toEqual({ 'skill 1': {}, 'skill 2': {}, night: {} })
    expect((await moveAgentsStep.verify(input, context)).kind).toBe('verified')
    await moveAgentsStep.undo(input, JSON.parse(JSON.stringify(before)), context)

    expect(memberships(ports.pbx)).toEqual(began)
    expect((await moveAgentsStep.verifyUndone(input, before, context)).kind).toBe('verified')
    expect(ports.onBoth).toEqual([])
  })

  it('promise 7 who is put into another queue of the source meanwhile is not moved', async () => {
    const ports = floor()
    ports.pbx.queues.set('night', new Map([['101', true]]))
    const context = checkContext({ ...ports, platforms: lyingAbout(ports) })
    const before = await moveAgentsStep.observe(input, context)
    ports.pbx.queues.set('skill 1', new Map())
    ports.pbx.queues.set('skill 2', new Map())

    await expect(moveAgentsStep.act(input, before, context)).rejects.toMatchObject({
      code: 'agents.on-both-sides',
      details: { agents: ['bob'] },
    })
  })

  it('D13 keeps to the rate of the storm guard', async () => {
    const context = checkContext(floor())
    const before = await moveAgentsStep.observe(input, context)
    const start = context.clock.now()

    await moveAgentsStep.act(input, before, context)

    expect(context.clock.now() - start).toBe(1000)
  })

  it('promise 7 who is not signed in at the target is routable nowhere, and is named', async () => {
    const ports = floor(false)
    ports.cloud.agents.set('ann', { registered: true, onQueue: false })
    const context = checkContext(ports)
    const before = await moveAgentsStep.observe(input, context)

    await expect(moveAgentsStep.act(input, before, context)).rejects.toMatchObject({
      code: 'agents.not-signed-in',
      details: { agents: ['bob', 'cy'] },
    })
    expect(ports.cloud.agents.get('ann')?.onQueue).toBe(true)
    expect(memberships(ports.pbx)['skill 1']).toEqual({})

    for (const user of users) ports.cloud.agents.set(user, { registered: true, onQueue: false })
    await moveAgentsStep.act(input, before, context)
    expect((await moveAgentsStep.verify(input, context)).kind).toBe('verified')
  })

  it('promise 7 stops when the source reads back unchanged', async () => {
    const ports = floor()
    const lying = { ...ports, platforms: lyingAbout(ports) }
    const context = checkContext(lying)
    const before = await moveAgentsStep.observe(input, context)

    await expect(moveAgentsStep.act(input, before, context)).rejects.toMatchObject({
      code: 'agents.on-both-sides',
    })
    expect(memberships(ports.cloud)['Billing']).toEqual({ ann: false, bob: false, cy: false })
  })
})

/** The source says yes to a removal, and does nothing. */
function lyingAbout({ platforms }: Floor): Floor['platforms'] {
  return {
    get: platforms.get,
    port: (id, capability) => {
      const port = platforms.port(id, capability)
      return id === 'pbx' && capability === 'queues'
        ? { ...port, removeMembers: async () => {} }
        : port
    },
  }
}

describe('checks of agents', () => {
  it('W5.1 licences.in-force waits and names who lacks one, then goes back', async () => {
    const ports = floor()
    const input = licencesInForceCheck.input.parse(licences)

    expect(await licencesInForceCheck.verify(input, checkContext(ports))).toMatchObject({
      kind: 'not-yet',
      because: '3 of 3 licences not in force: ann, bob, cy',
    })
    expect(licencesInForceCheck.patience?.(input)).toEqual({
      longest: 1_800_000,
      owner: 'lead',
      then: 'roll-back',
    })
  })

  it('W2.2 agents.registered wants every one of them on queue', async () => {
    const ports = floor()
    const input = agentsRegisteredCheck.input.parse({
      platform: 'cloud',
      users,
      longest: 1,
      owner: 'x',
    })
    const ask = () => agentsRegisteredCheck.verify(input, checkContext(ports))
    ports.cloud.agents.set('ann', { registered: true, onQueue: true })

    expect(await ask()).toMatchObject({
      kind: 'not-yet',
      because: '1 of 3 agents on queue; not yet: bob, cy',
    })
    for (const user of users) ports.cloud.agents.set(user, { registered: true, onQueue: true })
    expect((await ask()).kind).toBe('verified')
  })

  it('queue.drained waits until nobody waits', async () => {
    const ports = floor()
    ports.cloud.waiting = 2
    const input = queueDrainedCheck.input.parse({
      platform: 'cloud',
      queues: ['Billing'],
      longest: 1,
    })

    expect((await queueDrainedCheck.verify(input, checkContext(ports))).kind).toBe('not-yet')
    ports.cloud.waiting = 0
    expect((await queueDrainedCheck.verify(input, checkContext(ports))).kind).toBe('verified')
  })
})

describe('agents.one-side', () => {
  const input = oneSideCheck.input.parse({ ...move, owner: 'lead' })
  const working = (queue: string, joined: boolean, onQueue = true) => {
    const ports = floor()
    ports.cloud.agents.set('bob', { registered: true, onQueue })
    ports.cloud.queues.set(queue, new Map([['bob', joined]]))
    return ports
  }
  const look = (ports: Floor) => oneSideCheck.verify(input, checkContext(ports))

  it('promise 7 names who is offered calls at the target, in whatever queue, while at the source', async () => {
    expect(await look(working('Other Team', true))).toMatchObject({
      kind: 'not-yet',
      because: expect.stringContaining('bob (Other Team)'),
    })
  })

  it.each([
    ['only belongs to the queue', working('Other Team', false)],
    ['is not on queue', working('Other Team', true, false)],
  ])('promise 7 lets pass who %s', async (_, ports) => {
    expect((await look(ports)).kind).toBe('verified')
  })

  it('promise 7 lets pass who has left the source, by an earlier run', async () => {
    const ports = working('Other Team', true)
    for (const members of ports.pbx.queues.values()) members.delete('101')

    expect((await look(ports)).kind).toBe('verified')
  })

  it('promise 7 whose queues at the source can’t be read is in doubt on both', async () => {
    const ports = working('Other Team', true)
    const { get, port } = ports.platforms
    const blind = (id: Parameters<typeof get>[0]) => {
      const { queues: _, ...rest } = get(id).ports
      return id === 'pbx' ? { ...get(id), ports: rest } : get(id)
    }

    expect((await look({ ...ports, platforms: { get: blind, port } })).kind).toBe('not-yet')
  })
})

describe('licences.lead', () => {
  const hour = 3_600_000
  const look = (input: Readonly<Record<string, unknown>>, elapsed: number) => {
    const parsed = licencesLeadCheck.input.parse({ platform: 'cloud', lead: 24 * hour, ...input })
    return licencesLeadCheck.verify(parsed, checkContext(floor(), { elapsed }))
  }

  it('W5.1 waits for what is left of the lead', async () => {
    expect(await look({ wait: 20 * hour }, hour)).toMatchObject({
      kind: 'not-yet',
      because: '19 h until licences have been assigned for 24 h',
      lookAgainAt: 1_700_000_000_000 + 20 * hour,
    })
    expect((await look({ wait: 20 * hour }, 20 * hour)).kind).toBe('verified')
  })

  it('W5.1 counts from when an earlier run saw them in force', async () => {
    const since = 1_700_000_000_000 - 30 * hour
    expect((await look({ wait: 24 * hour, since }, 0)).kind).toBe('verified')
  })
})

describe('rememberLicences', () => {
  const assign = stepKey('licences.assign')
  const journal = (...events: readonly RunEvent[]) => {
    const stand = { title: 'assign', visited: 'forward', restsAfter: true } as const
    const steps = [{ key: assign, kind: 'licences.assign', input: licences, ...stand }]
    const plan = { name: 'p', digest: 'd', file: 'f', settings: {} }
    const runbook = { kind: 'wave', name: 'x', plan, steps, guards: [], overrides: [] }
    const created: RunEvent = { kind: 'run-created', runbook, by: 'anna' }
    return chainEntries(emptyHead(runId('x-1')), epochMs(5000), [created, ...events])
  }
  const seen = { kind: 'verified', step: assign, direction: 'forward', seen: 'all' } as const
  const undoing = { kind: 'undoing', step: assign, epoch: epoch(2) } as const

  it('W5.1 knows since when each agent’s licence was seen in force', () => {
    expect([...rememberLicences([journal(seen)])]).toEqual([
      ['cloud ann voice', 5000],
      ['cloud bob voice', 5000],
      ['cloud cy digital', 5000],
    ])
  })

  it('W5.1 forgets what was never seen, or taken away again', () => {
    expect([...rememberLicences([journal()])]).toEqual([])
    expect([...rememberLicences([journal(seen), journal(seen, undoing)])]).toEqual([])
  })
})
