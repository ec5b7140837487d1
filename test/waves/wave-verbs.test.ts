import { describe, expect, it } from 'vitest'
import { stepKey } from '../../src/kernel/ids.ts'
import { ms } from '../../src/kernel/units.ts'
import { givenTwoHurriedSites } from '../support/given.ts'
import { onceEntry, runGoesOn } from '../support/when.ts'

describe('what an operator asks for in the middle of a wave', () => {
  it.each(['skip', 'retry'] as const)(
    'G1.3 a %s of a check that is verified in that moment does not hit the gate behind it',
    async (verb) => {
      const product = await givenTwoHurriedSites()
      const run = await product.start('dallas')
      const step = stepKey('stage-100.registered')
      const signed = { by: 'ben', secondPerson: 'anna', reason: 'dallas24 is ill' }
      const onEntry = onceEntry('verified', step, () => {
        void product.store.request({ run, verb, step, ...signed })
      })

      const ran = await runGoesOn(product, run, { patience: ms(6 * 3_600_000), onEntry })
      const events = ran.journal.map(({ event }) => event)

      expect(events).toContainEqual(
        expect.objectContaining({
          ...{ kind: 'requested', verb, accepted: false },
          because: expect.stringContaining('the run is not at stage-100.registered (verified)'),
        }),
      )
      expect(events).toContainEqual(
        expect.objectContaining({ kind: 'verified', step: 'stage-100.gate' }),
      )
      expect(ran.outcome).toBe('done')
    },
  )
})
