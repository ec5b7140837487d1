import { describe, expect, it } from 'vitest'
import { checkContext } from '../../../test/contracts/check-context.ts'
import { fakeState, platformsOver } from '../../../test/contracts/step-worlds.ts'
import { stillOnQueueCheck } from './still-on-queue-check.ts'

const sales = Array.from({ length: 20 }, (_, index) => `sales-${index}`)
const hold = { longest: 900_000, owner: 'lead', then: 'roll-back' } as const
const input = stillOnQueueCheck.input.parse({
  platform: 'cloud',
  queues: [
    { queue: 'Sales', users: sales },
    { queue: 'Support', users: ['sue', 'sam'] },
  ],
  longest: 600_000,
  hold,
})

/** Asks once, with these agents away, so long after the first look. */
function lookWithout(away: readonly string[], elapsed = 0) {
  const agents = new Map(
    [...sales, 'sue', 'sam'].map((user) => [
      user,
      { registered: true, onQueue: !away.includes(user) },
    ]),
  )
  const platforms = platformsOver({ cloud: fakeState({ agents }) })
  return stillOnQueueCheck.verify(input, checkContext({ platforms }, { elapsed }))
}

describe('agents.still-on-queue', () => {
  it('W3.1 some are always away: a tenth stops nothing, and is named', async () => {
    expect(await lookWithout([])).toEqual({ kind: 'verified', seen: '22 of 22 agents on queue' })
    expect(await lookWithout(['sales-3', 'sue'])).toEqual({
      kind: 'verified',
      seen: '20 of 22 agents on queue; away: sales-3, sue',
    })
  })

  it('W3.1 D21 more than a tenth is waited for, then asked, and turns nothing back by itself', async () => {
    const away = sales.slice(0, 3)

    expect(await lookWithout(away)).toMatchObject({
      kind: 'not-yet',
      because: '19 of 22 agents on queue; away: sales-0, sales-1, sales-2',
    })
    expect(await lookWithout(away, 600_000)).toMatchObject({ kind: 'hold', hold })
    expect(stillOnQueueCheck.patience?.(input)).toMatchObject({ owner: 'lead', then: 'stay' })
  })

  it('W3.1 a queue in which nobody is left is given no callers, however many are elsewhere', async () => {
    expect(await lookWithout(['sue', 'sam'])).toMatchObject({
      kind: 'not-yet',
      because: 'nobody in Support; 20 of 22 agents on queue; away: sue, sam',
    })
  })
})
