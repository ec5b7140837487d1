import { describe, expect, it } from 'vitest'
import { createSync } from './lab-sync.ts'

function given(highestRate = 60) {
  let wall = 0
  const sync = createSync({ world: 0, highestRate, wall: () => wall })
  return {
    sync,
    passes(milliseconds: number) {
      wall += milliseconds
    },
  }
}

describe('a clock that follows the lab’s', () => {
  it('runs on at the rate that was last seen', () => {
    const { sync, passes } = given()
    passes(100)
    sync.set(3000)
    passes(50)

    expect(sync.now()).toBe(4500)
  })

  it('never goes back: ahead of the lab it stands still until the lab is there', () => {
    const { sync, passes } = given()
    passes(100)
    sync.set(6000)
    passes(100)
    expect(sync.now()).toBe(12_000)

    // A socket was busy: the lab ran at 1×.
    sync.set(6100)
    expect(sync.now()).toBe(12_000)
    passes(100)
    sync.set(12_100)
    expect(sync.now()).toBe(12_100)
  })

  it('takes a jump for no rate, and an answer that was overtaken for none at all', () => {
    const { sync, passes } = given()
    passes(100)
    sync.set(3_600_000)
    passes(10)
    sync.set(1000)

    expect(sync.now()).toBe(3_600_600)
  })
})
