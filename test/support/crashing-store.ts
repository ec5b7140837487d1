import type { RunStore } from '../../src/engine/ports.ts'

/** What a process that was killed throws at itself: nothing catches it but the test. */
export class Killed extends Error {}

/**
 * A store whose process dies at its `nth` append: just before the entries are durable, or just after.
 *
 * Dead is dead: from then on every call throws, as a killed process makes no more calls.
 */
export function dieAtAppend(store: RunStore, nth: number, moment: 'before' | 'after'): RunStore {
  let appends = 0
  let dead = false
  const alive = () => {
    if (dead) throw new Killed(`killed ${moment} append ${nth}`)
  }
  return {
    ...store,
    async append(...entries) {
      alive()
      appends += 1
      if (appends < nth) return store.append(...entries)
      if (moment === 'after') await store.append(...entries)
      dead = true
      throw new Killed(`killed ${moment} append ${nth}`)
    },
    async confirm(lease) {
      alive()
      return store.confirm(lease)
    },
    async renew(...lease) {
      alive()
      return store.renew(...lease)
    },
    async release(...lease) {
      alive()
      return store.release(...lease)
    },
  }
}
