import { describe, expect, it } from 'vitest'
import { createConnectMemory } from '../../src/app/connect-plan.ts'
import { driveRun } from '../../src/app/drive-run.ts'
import { runPreflight } from '../../src/app/preflight.ts'
import type { PreflightRow } from '../../src/app/preflight-question.ts'
import { createRunner } from '../../src/engine/runner.ts'
import type { AnyStep } from '../../src/engine/step.ts'
import { createStepList } from '../../src/engine/step-list.ts'
import type { Platforms } from '../../src/features/platform/index.ts'
import { createWaveMetrics, stepOperations, waveSteps } from '../../src/features/waves/index.ts'
import { waveId } from '../../src/kernel/ids.ts'
import { ms } from '../../src/kernel/units.ts'
import { twoSitesPermissions } from '../../src/lab/scenarios/two-sites.ts'
import { describeWorld } from '../support/describe-world.ts'
import { givenTwoHurriedSites } from '../support/given.ts'
import type { LabProduct, LabProductOptions } from '../support/lab-product.ts'
import { onceEntry, operatorAsks } from '../support/when.ts'

/* What preflight says of the lab's servers, and whether it asks for all that a wave then does. */

const { signal } = new AbortController()

async function preflightOf(product: LabProduct): Promise<readonly PreflightRow[]> {
  const { plan, lab } = product
  const ports = await product.product().connect(plan)
  const parts = { plan, ports, clock: lab.clock.worldClock, clockTolerance: ms(2000), signal }
  return runPreflight(parts, waveId('dallas'))
}

/** Rows that are not had, by what they are about. */
async function openRows(options: LabProductOptions, change: (product: LabProduct) => void) {
  const product = await givenTwoHurriedSites(options)
  change(product)
  const rows = await preflightOf(product)
  const open = rows.filter(({ state }) => state !== 'had' && state !== 'attested')
  return open.map(({ area, what, state }) => `${state} ${area}: ${what}`)
}

const asItIs = () => {}
const orgOf = ({ lab }: LabProduct) => lab.org.config
const firstOf = <Item>(items: Iterable<Item>, is: (item: Item) => boolean): Item => {
  const found = [...items].find(is)
  if (found === undefined) throw new Error('the lab has no such thing')
  return found
}

describe('preflight', () => {
  it('P1.1 P1.2 P1.3 finds everything had in the lab, three things by attestation, and changes nothing', async () => {
    const product = await givenTwoHurriedSites()
    const before = describeWorld(product.lab)

    const rows = await preflightOf(product)

    expect(rows.filter(({ state }) => state !== 'had').map(({ what }) => what)).toEqual([
      'sessions of trunk dallas-inbound',
      'sessions of interconnect cloud-to-pbx',
      'free licences genesysCloud2',
    ])
    expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['had', 'attested']))
    expect(describeWorld(product.lab)).toEqual(before)
  })

  it('P1.2 what is not attested can’t be known, and says how to attest it', async () => {
    const edit = (plan: string) => plan.replace(/attest:[\s\S]*?\n\n/, '')
    const product = await givenTwoHurriedSites({ edit })

    const rows = (await preflightOf(product)).filter(({ state }) => state === 'unknown')

    expect(rows).toHaveLength(3)
    expect(rows.find(({ what }) => what === 'free licences genesysCloud2')).toMatchObject({
      because: '24 more are needed for 24 agents; no public call says how many are bought',
      todo: expect.stringContaining('Subscription: 24 free ones'),
      attestAs: 'site dallas: free licences genesysCloud2',
    })
  })

  it('P1.1 an attestation never covers what is missing', async () => {
    const edit = (plan: string) =>
      plan.replace(
        'attest:',
        'attest:\n  - { what: "site dallas: flow Dallas Inbound", because: "it is there" }',
      )

    expect(await openRows({ edit }, (product) => orgOf(product).ivrs.clear())).toEqual([
      'missing site dallas: flow Dallas Inbound',
    ])
  })

  it.each<readonly [string, (product: LabProduct) => void, string]>([
    ['the share table', (product) => orgOf(product).tables.clear(), 'data table changeover-shares'],
    [
      'the outbound route',
      (product) => orgOf(product).routes.clear(),
      'outbound route dallas-outbound',
    ],
    ['the numbers', (product) => orgOf(product).didPools.clear(), 'numbers at the target'],
    [
      'the flow behind the numbers',
      (product) => {
        firstOf(orgOf(product).ivrs.values(), ({ name }) => name === 'Dallas Inbound').flowId =
          undefined
      },
      'flow Dallas Inbound',
    ],
    [
      'a queue',
      (product) => {
        const { queues } = orgOf(product)
        queues.delete(firstOf(queues.values(), ({ name }) => name === 'Billing DAL').id)
      },
      'queues at cloud',
    ],
  ])('P1.3 names what is missing at the target: %s', async (_, change, what) => {
    expect(await openRows({}, change)).toEqual([`missing site dallas: ${what}`])
  })

  it('P1.3 names who has a number of the site, and what becomes of it', async () => {
    const product = await givenTwoHurriedSites()
    const number = '+12145550104'
    const { users } = orgOf(product)
    firstOf(users.values(), ({ email }) => email.startsWith('dallas02')).numbers = [number]

    const rows = await preflightOf(product)

    expect(rows.find(({ what }) => what === 'numbers at the target')).toMatchObject({
      state: 'missing',
      because: `${number} is assigned to user dallas02; a number is not taken from who has it, so none would be bound`,
    })
  })

  it('P1.3 names a queue of the PBX in which none of the site’s agents is', async () => {
    const edit = (plan: string) => plan.replace('from: skill 12', 'from: skil 12')

    expect(await openRows({ edit }, asItIs)).toEqual([
      'missing site dallas: queues at pbx',
      'unknown site dallas: unlisted queues at pbx',
    ])
  })

  it('promise 7 shows who is in queues that the plan does not list, at both sides', async () => {
    const open = await openRows({}, (product) => {
      const { staff } = product.lab.world
      staff.setQueues('1101', [...(staff.read('1101')?.queues ?? []), 'night desk'])
      const { queues, users } = orgOf(product)
      const { id } = firstOf(users.values(), ({ email }) => email.startsWith('dallas02'))
      firstOf(queues.values(), ({ name }) => name === 'Billing REN').members.set(id, true)
    })

    expect(open).toEqual([
      'unknown site dallas: unlisted queues at pbx',
      'unknown site dallas: unlisted queues at cloud',
    ])
  })

  it.each(twoSitesPermissions)(
    'P1.1 names the permission that the client lacks: %s',
    async (name) => {
      const product = await givenTwoHurriedSites()
      const { client } = product.lab.org.facts
      Object.assign(client, { permissions: twoSitesPermissions.filter((one) => one !== name) })

      const missing = (await preflightOf(product)).filter(
        ({ state, group }) => state === 'missing' && group === 'permissions',
      )

      expect(missing.length).toBeGreaterThan(0)
      for (const { what } of missing) expect(what.split(' or ')).toContain(name)
      expect(missing[0]?.todo).toContain('Admin › Roles')
    },
  )
})

describe('what a wave does', () => {
  /** Every `kind port.method` that was called, whichever way the run went. */
  const called = new Map<string, Set<string>>()

  /** The wave by a runner that notes which step calls what. */
  async function watchedRun(product: LabProduct, onVerified: string, verb?: 'rollback') {
    let current = ''
    const note = (operation: string) => {
      if (current !== 'wave.preflight')
        called.set(current, (called.get(current) ?? new Set()).add(operation))
    }
    const application = product.product()
    const connected = await application.connect(product.plan)
    const platforms = watch(connected.platforms, note)
    const memory = createConnectMemory(product.lab.clock.worldClock)
    const metrics = createWaveMetrics({ ...connected, ...memory, platforms })
    const steps = waveSteps.map((step) => tell(step, (kind) => (current = kind)))
    const run = await product.start('dallas')
    const turn = onceEntry('verified', onVerified, () =>
      verb === undefined ? undefined : operatorAsks(product, run, verb),
    )
    const { worldClock, wireClock } = product.lab.clock
    const runner = createRunner({
      ...{ store: product.store, steps: createStepList(steps), worldClock, wireClock },
      portsOf: () => Promise.resolve({ ...connected, platforms, metrics }),
      ...{ holder: 'watched', leaseFor: ms(8000), longestRequest: ms(5000), onEntry: turn },
    })
    await driveRun({ runner, store: product.store, worldClock, wireClock }, run, signal)
    return (await application.readRun(run)).state.outcome
  }

  it('P1.1 is what preflight asks the rights of: every call of every step, there and back', async () => {
    const back = await watchedRun(await givenTwoHurriedSites(), 'stage-100.share', 'rollback')
    const there = await watchedRun(await givenTwoHurriedSites(), '')

    expect([back, there]).toEqual(['back', 'done'])
    for (const [kind, operations] of called) {
      const probed = new Set(Object.values(stepOperations[kind] ?? {}).flat())
      const unasked = [...operations].filter((operation) => !probed.has(operation as never))
      expect([kind, unasked]).toEqual([kind, []])
    }
    const idle = Object.entries(stepOperations).filter(
      ([, roles]) => Object.keys(roles).length === 0,
    )
    const spoke = [...called.keys(), ...idle.map(([kind]) => kind)]
    expect(spoke.toSorted()).toEqual(waveSteps.map(({ kind }) => kind).toSorted())
  })
})

function watch(platforms: Platforms, note: (operation: string) => void): Platforms {
  const watched = <Port extends object>(name: string, port: Port): Port =>
    new Proxy(port, {
      get(target, method, receiver) {
        if (name !== 'account') note(`${name}.${String(method)}`)
        return Reflect.get(target, method, receiver)
      },
    })
  return {
    port: (id, capability) => watched(capability, platforms.port(id, capability)),
    get(id) {
      const platform = platforms.get(id)
      const ports = Object.fromEntries(
        Object.entries(platform.ports).map(([name, port]) => [name, watched(name, port)]),
      )
      return { ...platform, ports }
    },
  }
}

/** The same step, which says that it is asked each time it is. */
function tell(step: AnyStep, asked: (kind: string) => unknown): AnyStep {
  return new Proxy(step, {
    get(target, name, receiver) {
      const member = Reflect.get(target, name, receiver)
      if (typeof member !== 'function') return member
      return (...told: readonly unknown[]) => {
        asked(step.kind)
        return Reflect.apply(member, target, told)
      }
    },
  })
}
