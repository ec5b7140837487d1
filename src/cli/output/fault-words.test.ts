import { expect, it } from 'vitest'
import { faultWords } from './fault-words.ts'

it('says why a black hole is seen by the ledger alone, and of nothing else', () => {
  expect(faultWords(['dns-lag', 'black-hole']).join(' ')).toMatch(/no gate can see it.*ledger/)
  expect(faultWords(['black-hole-all', 'crm-failing:reno'])).toEqual([])
  expect(faultWords([])).toEqual([])
})
