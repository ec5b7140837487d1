import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Authority,
  type AuthorityChange,
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
  /** Makes it another history of the data, as a standby's promotion does. */
  promote(timeline: string): Promise<void>
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

/** The same before it is numbered. */
function change(...of: Parameters<typeof authority>): AuthorityChange {
  const { policyVersion: _, epoch: __, ...rest } = authority(...of)
  return rest
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

      await world.store.compareAndSet(0, change(subject, 1))
      await world.other.compareAndSet(1, change(subject, 2))

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
        if (from === 1) await world.store.compareAndSet(0, change(subject, 1))

        const answers = await Promise.allSettled(
          [world.store, world.other, world.store, world.other].map((each, index) =>
            each.compareAndSet(from, change(subject, from + 1, `by ${index}`)),
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

      const refused = world.store.compareAndSet(3, change(subject, 4))

      await expect(refused).rejects.toMatchObject({
        code: 'authority.moved',
        details: { subject, expected: 3, found: 0 },
      })
      expect(await world.store.history(subject)).toEqual([])
    })

    it('D3 after a promotion grants no number that the lost commits may have granted', async () => {
      const [subject, fresh] = [freshSubject(), freshSubject()]
      await world.store.compareAndSet(0, change(subject, 1))

      await world.promote('other/2')
      const promoted = await world.other.compareAndSet(1, change(subject, 2))
      const next = await world.store.compareAndSet(promoted.epoch, change(subject, 3))
      const first = await world.store.compareAndSet(0, change(fresh, 1))

      expect(promoted.epoch).toBeGreaterThan(1000)
      expect(promoted.policyVersion).toBeGreaterThan(1000)
      expect(next).toMatchObject({
        epoch: promoted.epoch + 1,
        policyVersion: promoted.policyVersion + 1,
      })
      expect(first.epoch).toBeGreaterThan(1000)
      expect(first.policyVersion).toBeGreaterThan(1000)
      expect(await world.other.read(subject)).toEqual(next)
    })
  })
}
