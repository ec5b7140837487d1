import { describe, expect, it } from 'vitest'
import { exitCodeOf } from '../exit-codes.ts'
import { readLabOptions } from './lab-options.ts'

const usual = { rate: '60', seed: '7' }

describe('the lab’s options', () => {
  it('are read', () => {
    expect(readLabOptions({ rate: '0.5', seed: '0', fault: ['dns-lag:3m'] })).toEqual({
      rate: 0.5,
      seed: 0,
      faults: ['dns-lag:3m'],
    })
  })

  it.each([
    { rate: 'abc' },
    { rate: '0' },
    { rate: '-3' },
    { rate: '' },
    { rate: 'Infinity' },
    { seed: 'q' },
    { seed: '1.5' },
    { seed: '' },
    { fault: ['nonsense'] },
  ])('%o is bad input, exit 2', (wrong) => {
    let exit = 0
    try {
      readLabOptions({ ...usual, ...wrong })
    } catch (thrown) {
      exit = exitCodeOf(thrown)
    }

    expect(exit).toBe(2)
  })
})
