import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Authority,
  AuthorityMovedError,
  type AuthorityStore,
} from '../../src/features/authority/index.ts'
import { epoch } from '../../src/kernel/authority.ts'
import { runId } from '../../src/kernel/ids.ts'
import { epochMs } from '../../src/kernel/units.ts'

export interface OpenAuthorityStore {
  readonly store: AuthorityStore
  /** The same record as another process would see it. */
  readonly other: AuthorityStore
  close(): Promise<void>
}

let made = 0

function freshSubject(): string {
  made += 1
  return `dallas-${process.pid}-${made}.example`
}

function authority(subject: string, number: number, policy = `version ${number}`): Authority {
  return {
    subject,
    policyVersion: number,
    policy,
    boundary: 1000,
    selected: 'target',
    epoch: epoch(number),
    since: epochMs(1_800_000_000_000.5),
    byRun: runId('run-1'),
  }
}

/** What every `AuthorityStore` keeps, whatever it is made of. */
export function itKeepsTheAuthorityStoreContract(
  name: string,
  open: () => Promise<OpenAuthorityStore>,
): void {
  describe(`${name} keeps the authority store contract`, () => {
    let world: OpenAuthorityStore
    beforeAll(async () => {
      world = await open()
    }, 60_000)
    afterAll(() => world?.close())

    it('D3 has no authority until one is set, then the latest, and every one before', async () => {
      const subject = freshSubject()
      expect(await world.store.read(subject)).toBeUndefined()

      await world.store.compareAndSet(0, authority(subject, 1))
      await world.other.compareAndSet(1, authority(subject, 2))

      expect(await world.store.read(subject)).toEqual(authority(subject, 2))
      expect(await world.store.history(subject)).toEqual([
        authority(subject, 1),
        authority(subject, 2),
      ])
    })

    it.each([0, 1])(
      'D3 lets one of several set the epoch after %i, and changes nothing else',
      async (from) => {
        const subject = freshSubject()
        if (from === 1) await world.store.compareAndSet(0, authority(subject, 1))

        const answers = await Promise.allSettled(
          [world.store, world.other, world.store, world.other].map((each, index) =>
            each.compareAndSet(from, authority(subject, from + 1, `by ${index}`)),
          ),
        )

        const refused = answers.filter((answer) => answer.status === 'rejected')
        expect(refused).toHaveLength(3)
        expect(refused.every(({ reason }) => reason instanceof AuthorityMovedError)).toBe(true)
        expect(await world.store.history(subject)).toHaveLength(from + 1)
      },
    )

    it('refuses an epoch that was never reached, saying which is in force', async () => {
      const subject = freshSubject()

      const refused = world.store.compareAndSet(3, authority(subject, 4))

      await expect(refused).rejects.toMatchObject({
        code: 'authority.moved',
        details: { subject, expected: 3, found: 0 },
      })
      expect(await world.store.history(subject)).toEqual([])
    })

    it('refuses to leave an epoch out', async () => {
      const skipping = world.store.compareAndSet(0, authority(freshSubject(), 2))

      await expect(skipping).rejects.toMatchObject({ code: 'internal.invariant' })
    })
  })
}
