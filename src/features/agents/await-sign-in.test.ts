import { describe, expect, it } from 'vitest'
import { checkContext } from '../../../test/contracts/check-context.ts'
import { fakeState, platformsOver } from '../../../test/contracts/step-worlds.ts'
import { errorFacts } from '../../kernel/errors.ts'
import type { Platforms } from '../platform/index.ts'
import { moveAgentsStep } from './move-agents-step.ts'

const users = ['ann', 'bob', 'cy']
const input = moveAgentsStep.input.parse({
  source: 'pbx',
  target: 'cloud',
  agents: users.map((user, index) => ({
    user,
    extension: `10${index}`,
    sourceQueues: ['skill 1'],
    targetQueues: ['Billing'],
  })),
  longest: 600_000,
  owner: 'night-lead',
  perSecond: 2,
})

/** Three agents at the PBX; nobody is signed in at the target. `asked` is what ports were asked. */
function floor() {
  const pbx = fakeState({
    agents: new Map(users.map((_, index) => [`10${index}`, { registered: true, onQueue: true }])),
    queues: new Map([['skill 1', new Map(users.map((_, index) => [`10${index}`, true]))]]),
  })
  const cloud = fakeState({
    agents: new Map(users.map((user) => [user, { registered: false, onQueue: false }])),
    queues: new Map([['Billing', new Map()]]),
  })
  const asked: string[] = []
  return { pbx, cloud, asked, platforms: noting(platformsOver({ pbx, cloud }), asked) }
}

function noting(platforms: Platforms, asked: string[]): Platforms {
  const noted = <Port extends object>(name: string, port: Port): Port =>
    new Proxy(port, {
      get(target, method, receiver) {
        asked.push(`${name}.${String(method)}`)
        return Reflect.get(target, method, receiver)
      },
    })
  return {
    port: (id, capability) => noted(`${id}.${capability}`, platforms.port(id, capability)),
    get(id) {
      const platform = platforms.get(id)
      const ports = Object.entries(platform.ports).map(([name, port]) => [
        name,
        noted(`${id}.${name}`, port),
      ])
      return { ...platform, ports: Object.fromEntries(ports) }
    },
  }
}
type Floor = ReturnType<typeof floor>

/** One attempt, `elapsed` after the step was first looked at; returns the error that it ended with. */
async function attempt(ports: Floor, elapsed = 0, lastError?: ReturnType<typeof errorFacts>) {
  const known = lastError === undefined ? {} : { lastError }
  const context = checkContext(ports, { elapsed, ...known })
  ports.asked.length = 0
  try {
    await moveAgentsStep.act(input, { places: [] }, context)
    return undefined
  } catch (thrown) {
    return errorFacts(thrown)
  }
}

describe('agents.move, while it waits for sign-in', () => {
  it('X10 asks only who is on queue and who is signed in, and the source nothing', async () => {
    const ports = floor()
    const first = await attempt(ports)

    expect(await attempt(ports, 90_000, first)).toMatchObject({ code: 'agents.not-signed-in' })

    const looks = ['cloud.agents.find', 'cloud.agents.onQueue', 'cloud.agents.status']
    expect(ports.asked).toEqual(looks)
  })

  it('X10 looks again after a quarter of the time that it has lasted, 5 s at most', async () => {
    const ports = floor()
    const first = await attempt(ports)
    const pauses = []
    for (const elapsed of [1000, 8000, 90_000])
      pauses.push((await attempt(ports, elapsed, first))?.details['retryAfterMs'])

    expect(pauses).toEqual([1000, 2000, 5000])
  })

  it('promise 7 who signs in is moved whole, also when somebody put him back at the source meanwhile', async () => {
    const ports = floor()
    const first = await attempt(ports)
    ports.pbx.queues.get('skill 1')?.set('101', true)
    ports.cloud.agents.set('bob', { registered: true, onQueue: false })

    const second = await attempt(ports, 90_000, first)

    expect(second?.details['agents']).toEqual(['ann', 'cy'])
    expect(ports.pbx.queues.get('skill 1')?.has('101')).toBe(false)
    expect(ports.cloud.agents.get('bob')?.onQueue).toBe(true)
  })

  it('promise 7 who is at work at the target is looked at whole once a minute', async () => {
    const ports = floor()
    ports.cloud.agents.set('bob', { registered: true, onQueue: false })
    const first = await attempt(ports)
    ports.pbx.queues.get('skill 1')?.set('101', true)

    await attempt(ports, 90_000, first)
    expect(ports.pbx.queues.get('skill 1')?.has('101')).toBe(true)
    await attempt(ports, 121_000, first)
    expect(ports.pbx.queues.get('skill 1')?.has('101')).toBe(false)
  })

  it('X10 after any other error it does the whole move again', async () => {
    const ports = floor()
    const first = await attempt(ports)
    ports.pbx.queues.get('skill 1')?.set('101', true)
    const other = {
      code: 'platform.unreachable',
      remedy: 'retry',
      message: '',
      details: {},
    } as const

    expect(await attempt(ports, 90_000, other)).toMatchObject({ code: first?.code })

    expect(ports.pbx.queues.get('skill 1')?.has('101')).toBe(false)
  })

  it('X10 is not verified, without a word to the source, while somebody is off queue', async () => {
    const ports = floor()
    await attempt(ports)
    ports.asked.length = 0

    expect(await moveAgentsStep.verify(input, checkContext(ports))).toMatchObject({
      kind: 'not-yet',
      because: 'not whole at cloud: ann, bob, cy',
    })
    expect(ports.asked).toEqual(['cloud.agents.find', 'cloud.agents.onQueue'])
  })
})
