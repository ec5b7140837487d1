import { describe, expect, it } from 'vitest'
import { checkContext } from '../../../test/contracts/check-context.ts'
import { itKeepsTheStepLaws } from '../../../test/contracts/step-laws.ts'
import {
  authorityHolding,
  fakeState,
  platformsOver,
  trunkNamed,
  zoneHolding,
} from '../../../test/contracts/step-worlds.ts'
import { LeaseLostError } from '../../engine/errors.ts'
import { epoch } from '../../kernel/authority.ts'
import { recordName, runId } from '../../kernel/ids.ts'
import { epochMs, seconds } from '../../kernel/units.ts'
import { type SharePolicy, UnreachableError } from '../platform/index.ts'
import { describePolicy, policyOf } from './policy-versions.ts'
import type { Authority } from './ports.ts'
import { selectStep } from './select-step.ts'
import { setShareStep } from './set-share-step.ts'

const subject = recordName('dallas.example')
const row: SharePolicy = { boundary: 1000, salt: 's', policyVersion: 4, epoch: 7 }
const version: Authority = {
  subject,
  policyVersion: 4,
  policy: '10 % at the target, the rest returned',
  boundary: 1000,
  selected: 'target',
  epoch: epoch(7),
  since: epochMs(0),
  byRun: runId('run-1'),
}
const theirs: Authority = {
  ...version,
  boundary: 5,
  selected: 'source',
  epoch: epoch(99),
  byRun: runId('run-2'),
}

function world(known: { authority?: Authority; share?: SharePolicy } = {}) {
  const zone = zoneHolding(
    { name: subject, type: 'A', ttl: seconds(300), values: ['192.0.2.1'] },
    { name: recordName('two.example'), type: 'A', ttl: seconds(300), values: ['192.0.2.1'] },
  )
  const store = authorityHolding(...(known.authority === undefined ? [] : [known.authority]))
  const cloud = fakeState(
    known.share === undefined ? {} : { shares: new Map([['dallas', known.share]]) },
  )
  const pbx = fakeState({ trunks: new Map([['old', trunkNamed('old', { enabled: true })]]) })
  return {
    ...zone,
    zone,
    store,
    ...store,
    held: zone.held,
    cloud,
    pbx,
    platforms: platformsOver({ cloud, pbx }),
  }
}
type World = ReturnType<typeof world>

/** Without versions and epochs: going back is a new version (D3). */
const policies = ({ store, cloud, held }: World) => ({
  policy: describePolicy(policyOf(store.held.get(subject))),
  share: [...cloud.shares].map(([site, { boundary, salt }]) => ({ site, boundary, salt })),
  records: [...held],
})

const share = {
  subject,
  run: 'run-1',
  platform: 'cloud',
  site: 'dallas',
  boundary: 2000,
  salt: 's',
}

for (const known of [{}, { authority: version, share: row }])
  itKeepsTheStepLaws(setShareStep, {
    input: share,
    arrange: () => world(known),
    snapshot: policies,
    meddle: {
      act: ({ store }: World) => store.held.set(subject, theirs),
      look: ({ store, cloud }: World) => [store.held.get(subject), [...cloud.shares]],
    },
    unseenWrites: 1,
    blockWayBack: ({ cloud }: World) => {
      cloud.missing.add('shares.replace')
    },
  })

const select = {
  subject,
  run: 'run-1',
  records: [
    { name: subject, type: 'A', values: ['198.51.100.7'] },
    { name: 'two.example', type: 'A', values: ['198.51.100.7'] },
  ],
  source: { platform: 'pbx', trunk: 'old' },
}

itKeepsTheStepLaws(selectStep, {
  input: select,
  arrange: () => world({ authority: { ...version, selected: 'source' } }),
  snapshot: policies,
  meddle: {
    act: ({ held }: World) =>
      held.set(subject, { name: subject, type: 'A', ttl: seconds(300), values: ['203.0.113.9'] }),
    look: ({ held }: World) => held.get(subject),
  },
  unseenWrites: 1,
  blockWayBack: ({ rights }: World) => {
    rights.write = false
  },
})

describe('authority.set-share', () => {
  const input = setShareStep.input.parse(share)

  it('D3 a change and its undo are two new versions, each with its own epoch at the target', async () => {
    const ports = world({ authority: version, share: row })
    const context = checkContext(ports)
    const before = await setShareStep.observe(input, context)

    await setShareStep.act(input, before, context)
    expect(ports.cloud.shares.get('dallas')).toEqual({
      boundary: 2000,
      salt: 's',
      policyVersion: 5,
      epoch: 8,
    })
    await setShareStep.undo(input, before, context)

    expect(ports.cloud.shares.get('dallas')).toEqual({ ...row, policyVersion: 6, epoch: 9 })
    expect(ports.store.held.get(subject)).toMatchObject({
      policyVersion: 6,
      epoch: 9,
      boundary: 1000,
    })
  })

  it('promise 1 leaves alone what another run made the policy, and its row', async () => {
    const ports = world({ authority: version, share: row })
    const context = checkContext(ports)
    const before = await setShareStep.observe(input, context)
    ports.store.held.set(subject, { ...theirs, boundary: 1000 })

    await expect(setShareStep.act(input, before, context)).rejects.toMatchObject({
      code: 'authority.moved',
    })
    expect(ports.cloud.shares.get('dallas')).toEqual(row)
  })

  it('promise 4 stops at a row that somebody else wrote at the target', async () => {
    const ports = world({ authority: version, share: row })
    const context = checkContext(ports)
    const before = await setShareStep.observe(input, context)
    await setShareStep.act(input, before, context)
    const written = { ...row, boundary: 77 }
    ports.cloud.shares.set('dallas', written)

    await expect(setShareStep.undo(input, before, context)).rejects.toMatchObject({
      code: 'platform.conflict',
    })
    expect(ports.cloud.shares.get('dallas')).toEqual(written)
  })

  it('X7 D3 done again after an undo whose record is lost, it is a newer version than that one’s', async () => {
    const ports = world({ authority: version, share: row })
    const context = checkContext(ports)
    const before = await setShareStep.observe(input, context)
    await setShareStep.act(input, before, context)
    // The undo's row is there; what its version was is not in the promoted database.
    ports.cloud.shares.set('dallas', { ...row, policyVersion: 6, epoch: 9 })

    await setShareStep.act(input, before, context)

    expect(ports.store.held.get(subject)).toMatchObject({ boundary: 2000, epoch: 9 })
    expect(ports.cloud.shares.get('dallas')).toMatchObject({ boundary: 2000, epoch: 9 })
  })

  it('its undo keeps the side that is selected', async () => {
    const ports = world({ authority: { ...version, selected: 'source' }, share: row })
    const context = checkContext(ports)
    const before = await setShareStep.observe(input, context)
    await setShareStep.act(input, before, context)
    const current = ports.store.held.get(subject)
    if (current === undefined) throw new TypeError('no version')
    ports.store.held.set(subject, { ...current, selected: 'target', epoch: epoch(20) })

    await setShareStep.undo(input, before, context)

    expect(ports.store.held.get(subject)).toMatchObject({ boundary: 1000, selected: 'target' })
  })
})

describe('authority.select', () => {
  const input = selectStep.input.parse(select)

  it('promise 3 is blocked while the source is not armed', async () => {
    const ports = world()
    ports.pbx.trunks.set('old', trunkNamed('old', { enabled: false }))
    const context = checkContext(ports)
    const before = await selectStep.observe(input, context)

    expect(await selectStep.wayBack(input, before, context)).toEqual({
      kind: 'blocked',
      because: "the source's trunk old is not armed",
    })
  })

  it('promise 1 selects nothing in DNS when another run has the authority', async () => {
    const ports = world({ authority: { ...version, selected: 'source' } })
    const context = checkContext(ports)
    const before = await selectStep.observe(input, context)
    ports.store.held.set(subject, theirs)

    await expect(selectStep.act(input, before, context)).rejects.toMatchObject({
      code: 'authority.moved',
    })
    expect(ports.held.get(subject)?.values).toEqual(['192.0.2.1'])
  })

  it('D3 undo moves the values back and keeps a TTL that was changed since', async () => {
    const ports = world()
    const context = checkContext(ports)
    const before = await selectStep.observe(input, context)
    await selectStep.act(input, before, context)
    ports.held.set(subject, {
      name: subject,
      type: 'A',
      ttl: seconds(60),
      values: ['198.51.100.7'],
    })

    await selectStep.undo(input, before, context)

    expect(ports.held.get(subject)).toMatchObject({ ttl: 60, values: ['192.0.2.1'] })
    expect(ports.store.held.get(subject)).toMatchObject({ selected: 'source', epoch: 2 })
  })

  it('promise 1 sends nobody back to a source whose trunk is off, and asks again', async () => {
    const ports = world()
    const context = checkContext(ports)
    const before = await selectStep.observe(input, context)
    await selectStep.act(input, before, context)
    ports.pbx.trunks.set('old', trunkNamed('old', { enabled: false }))

    await expect(selectStep.undo(input, before, context)).rejects.toMatchObject({
      code: 'authority.source-not-armed',
      remedy: 'wait',
    })
    expect(ports.store.held.get(subject)).toMatchObject({ selected: 'target' })
    expect(ports.held.get(subject)?.values).toEqual(['198.51.100.7'])

    ports.pbx.trunks.set('old', trunkNamed('old', { enabled: true }))
    await selectStep.undo(input, before, context)
    expect(ports.held.get(subject)?.values).toEqual(['192.0.2.1'])
  })

  it('promise 3 a source that can’t be asked keeps nobody from being sent back', async () => {
    const ports = world()
    const before = await selectStep.observe(input, checkContext(ports))
    await selectStep.act(input, before, checkContext(ports))
    const { get } = ports.platforms
    const port = () => {
      throw new UnreachableError('pbx is silent')
    }

    await selectStep.undo(input, before, checkContext({ ...ports, platforms: { get, port } }))

    expect(ports.held.get(subject)?.values).toEqual(['192.0.2.1'])
  })

  describe('promise 4 of several records, each that can be restored is', () => {
    const meddled = (name: string) =>
      ({ name: recordName(name), type: 'A', ttl: seconds(300), values: ['203.0.113.9'] }) as const
    const selected = async () => {
      const ports = world()
      const context = checkContext(ports)
      const before = await selectStep.observe(input, context)
      await selectStep.act(input, before, context)
      return { ports, context, before }
    }

    it('though the first of them was changed by somebody else', async () => {
      const { ports, context, before } = await selected()
      ports.held.set(subject, meddled(subject))

      await expect(selectStep.undo(input, before, context)).rejects.toMatchObject({
        code: 'dns.record-changed',
      })
      expect(ports.held.get('two.example')?.values).toEqual(['192.0.2.1'])
      expect(ports.held.get(subject)?.values).toEqual(['203.0.113.9'])
    })

    it('though the first of them is gone', async () => {
      const { ports, context, before } = await selected()
      ports.held.delete(subject)

      await expect(selectStep.undo(input, before, context)).rejects.toMatchObject({
        code: 'dns.no-record',
      })
      expect(ports.held.get('two.example')?.values).toEqual(['192.0.2.1'])
    })

    it('and all that can’t are named', async () => {
      const { ports, context, before } = await selected()
      ports.held.set(subject, meddled(subject))
      ports.held.set('two.example', meddled('two.example'))

      await expect(selectStep.undo(input, before, context)).rejects.toMatchObject({
        code: 'authority.records-not-restored',
        message: expect.stringMatching(/^2 records not restored: .*; two\.example A is no longer/),
      })
    })
  })

  it('X7 a lease that is lost ends it at once', async () => {
    const ports = world()
    const before = await selectStep.observe(input, checkContext(ports))
    await selectStep.act(input, before, checkContext(ports))
    const lost = new LeaseLostError(runId('run-1'), 'us')
    let writes = 0
    const confirmLease = async () => {
      writes += 1
      // The record of authority first, then the first DNS record.
      if (writes > 1) throw lost
    }

    const undoing = selectStep.undo(input, before, { ...checkContext(ports), confirmLease })

    await expect(undoing).rejects.toBe(lost)
    expect(writes).toBe(2)
  })
})
