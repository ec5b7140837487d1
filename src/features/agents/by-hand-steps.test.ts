import { expect, it } from 'vitest'
import { checkContext } from '../../../test/contracts/check-context.ts'
import { itKeepsTheLawsOfHands } from '../../../test/contracts/hand-laws.ts'
import { fakeState, platformsOver } from '../../../test/contracts/step-worlds.ts'
import { platformId } from '../../kernel/ids.ts'
import type { Platforms } from '../platform/index.ts'
import { agentsByHandStep } from './by-hand-step.ts'
import { moveAgentsStep } from './move-agents-step.ts'

const input = {
  platform: 'pbx',
  agents: [
    { extension: '2001', queues: ['skill 12', 'skill 14'] },
    { extension: '2002', queues: ['skill 12'] },
  ],
  expects: 'dallas',
  longest: 1_800_000,
  owner: 'night-lead',
}

itKeepsTheLawsOfHands(agentsByHandStep, {
  input,
  names: ['skill 12: 2001 2002', 'skill 14: 2001'],
  expects: ['dallas', 'dallas back'],
})

it('D5 the confirmation is said to be the only proof', async () => {
  const confirmed = { by: 'ben', at: checkContext({}).startedAt }

  expect(
    await agentsByHandStep.verify(agentsByHandStep.input.parse(input), {
      ...checkContext({}),
      confirmed,
    }),
  ).toEqual({
    kind: 'verified',
    seen: 'ben confirmed: 2 agents out of pbx’s queues; pbx can’t be read, so this is the only proof',
  })
})

it('D5 agents who left by hand are joined at the target without a word to the source', async () => {
  const cloud = fakeState({
    agents: new Map([['ann', { registered: true, onQueue: false }]]),
    queues: new Map([['Billing', new Map([['ann', false]])]]),
  })
  // A PBX without an interface: it has nothing that could be asked, and whoever takes a port of it throws.
  const over = platformsOver({ cloud })
  const pbx = { ...over.get(platformId('cloud')), id: platformId('pbx'), ports: {} }
  const get: Platforms['get'] = (id) => (id === 'pbx' ? pbx : over.get(id))
  const context = checkContext({ platforms: { ...over, get } })
  const agent = { user: 'ann', extension: '100', sourceQueues: [], targetQueues: ['Billing'] }
  const move = moveAgentsStep.input.parse({
    source: 'pbx',
    target: 'cloud',
    agents: [agent],
    longest: 600_000,
    owner: 'night-lead',
    perSecond: 2,
  })
  const before = await moveAgentsStep.observe(move, context)

  expect(await moveAgentsStep.wayBack(move, before, context)).toMatchObject({
    kind: 'open',
    inverse: 'take 1 agents off cloud; then they are put back by hand',
  })
  await moveAgentsStep.act(move, before, context)
  expect(await moveAgentsStep.verify(move, context)).toMatchObject({
    seen: '1 agents on queue at cloud; that they left pbx was confirmed by hand',
  })
  await moveAgentsStep.undo(move, before, context)
  expect(await moveAgentsStep.verifyUndone(move, before, context)).toMatchObject({
    seen: '1 agents are off cloud again',
  })
  expect(cloud.agents.get('ann')?.onQueue).toBe(false)
})
