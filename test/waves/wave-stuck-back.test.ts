import { describe, expect, it } from 'vitest'
import type { JournalEntry, RunEvent } from '../../src/engine/run-event.ts'
import { epochMs, ms } from '../../src/kernel/units.ts'
import { describeWorld } from '../support/describe-world.ts'
import { givenTwoHurriedSites } from '../support/given.ts'
import type { LabProduct, LabProductOptions } from '../support/lab-product.ts'
import { nobodyIsLost, theBooksAddUp, worldIsAsBefore } from '../support/then.ts'
import {
  aPersonAtThePbx,
  onceEntry,
  operatorAsks,
  type Ran,
  runGoesOn,
  stepOf,
} from '../support/when.ts'

/*
 * What goes wrong on the way back itself, seconds or hours long. What is stuck holds up what its safety rests
 * on, and nothing else; callers are sent back all the same, and nobody is left where nobody answers.
 */

type Moment = readonly [RunEvent['kind'], string]
type Weather = (product: LabProduct) => void

const minutes = (count: number) => ms(count * 60_000)

/** A fault of the platform's API from now on. */
function api(
  status: 429 | 500 | 503,
  bounds: { times?: number; for?: number; of?: string; retryAfter?: number },
): Weather {
  return ({ lab }) => {
    const { times, of = '*', retryAfter } = bounds
    const fault = {
      kind: 'status',
      status,
      ...(retryAfter === undefined ? {} : { retryAfter }),
    } as const
    lab.api.faults.script({ operation: of, fault, ...(times === undefined ? {} : { times }) })
    if (bounds.for !== undefined)
      lab.time.schedule(epochMs(lab.time.now() + minutes(bounds.for)), () => lab.api.faults.clear())
  }
}

function world(fault: string, lasting: number): Weather {
  return ({ lab }) => {
    const from = lab.time.now()
    lab.faults.arm(fault, { from, to: epochMs(from + minutes(lasting)) })
  }
}

interface Story {
  /** When the operator asks for the way back; nothing: the run turns by itself. */
  readonly turns?: Moment
  readonly breaks: Moment
  readonly weather: Weather
  readonly options?: LabProductOptions
  readonly onEntry?: (entry: JournalEntry, product: LabProduct) => void
}

async function dallasGoesBack({ turns, breaks, weather, options = {}, onEntry }: Story) {
  const product = await givenTwoHurriedSites(options)
  const before = describeWorld(product.lab)
  const run = await product.start('dallas')
  const turn =
    turns === undefined
      ? () => {}
      : onceEntry(...turns, () => operatorAsks(product, run, 'rollback'))
  const breakNow = onceEntry(...breaks, () => weather(product))
  const ran = await runGoesOn(product, run, {
    onEntry(entry) {
      turn(entry)
      breakNow(entry)
      onEntry?.(entry, product)
    },
  })
  return { product, before, ran }
}

/** Minutes from when the run turned until this step was undone. */
function backAfter({ journal }: Ran, step: string): number {
  const turned = journal.find(({ event }) => event.kind === 'rollback-started')?.at ?? 0
  const undone = journal.find(
    ({ event }) => event.kind === 'undo-verified' && stepOf(event) === step,
  )
  return ((undone?.at ?? Number.POSITIVE_INFINITY) - turned) / 60_000
}

const row = 'PUT /api/v2/flows/datatables/{datatableId}/rows/{rowId}'
const turns: Moment = ['verified', 'stage-100.share']

describe('a platform that fails for seconds on the way back', () => {
  it.each<readonly [string, Weather, Moment]>([
    ['at the share', api(500, { times: 3, of: row }), ['undoing', 'stage-100.share']],
    ['at the agents', api(500, { times: 3 }), ['undoing', 'stage-100.agents']],
    ['at the first agents', api(500, { times: 3 }), ['undoing', 'first.agents']],
    ['at the outbound route', api(500, { times: 3 }), ['undoing', 'outbound']],
  ])('promise 1 %s: everything is as before, and nobody is lost', async (_, weather, breaks) => {
    const { product, before, ran } = await dallasGoesBack({ turns, breaks, weather })

    expect(ran.outcome).toBe('back')
    worldIsAsBefore(product, before)
    nobodyIsLost(product)
    // Agents are where the callers are, and not after licences and TTLs.
    expect(backAfter(ran, 'stage-100.agents')).toBeLessThan(15)
  })

  it('promise 1 at the fence of the source: nobody is sent back before it is lifted', async () => {
    const { product, before, ran } = await dallasGoesBack({
      turns: ['verified', 'source.release'],
      breaks: ['undoing', 'source.release'],
      weather: world('sbc-error', 1 / 6),
    })

    expect(ran.outcome).toBe('back')
    worldIsAsBefore(product, before)
    nobodyIsLost(product)
  })

  it('promise 7 at the move of agents whom a person takes back: nobody is a member on both sides', async () => {
    const both: string[] = []
    const seconds = aPerson()
    const { product, before, ran } = await dallasGoesBack({
      turns: ['verified', 'stage-100.registered'],
      breaks: ['undoing', 'stage-100.agents'],
      weather: api(500, { times: 3 }),
      options: { edit: (plan) => plan.replace(/agents: \{ by: rest.*\}/, 'agents: { by: hand }') },
      onEntry(entry, given) {
        seconds(given)(entry)
        if (entry.event.kind === 'undo-verified') both.push(...onBothSides(given))
      },
    })

    expect(both).toEqual([])
    expect(ran.outcome).toBe('back')
    worldIsAsBefore(product, before)
  })
})

/** Somebody at the PBX who needs a minute for whatever is asked. */
function aPerson() {
  let person: ((entry: JournalEntry) => void) | undefined
  return (product: LabProduct) => {
    person ??= aPersonAtThePbx(product, ms(60_000))
    return person
  }
}

/** Joined in a queue of the target and a member of one of the source's. */
function onBothSides({ lab }: LabProduct): readonly string[] {
  const { queues, desks } = describeWorld(lab)
  const joined = new Set(
    Object.values(queues)
      .flat()
      .filter((member) => member.endsWith(' true'))
      .map((member) => member.split(' ')[0]),
  )
  return lab.estate.sites
    .flatMap(({ agents }) => agents)
    .filter(({ user, extension }) => joined.has(user) && (desks[extension] ?? []).length > 0)
    .map(({ user }) => user)
}

describe('a target that is dead for hours on the way back', () => {
  const breaks: Moment = ['verified', 'stage-100.rearguard.agents']

  it('D12 W4.2 the source is selected again within minutes, and the rest is brought back when it lives', async () => {
    const weather: Weather = (product) => {
      api(503, { for: 120 })(product)
      world('sip-silence:genesys-cloud', 120)(product)
    }
    const { product, before, ran } = await dallasGoesBack({ breaks, weather })

    expect(ran.state.rollbackBecause).toContain('validation_failure_rate')
    expect(backAfter(ran, 'select')).toBeLessThan(5)
    expect(ran.outcome).toBe('back')
    worldIsAsBefore(product, before)
    theBooksAddUp(product)
  })

  it('D12 one that wants to be left alone for an hour does not keep callers from being sent back', async () => {
    const { product, before, ran } = await dallasGoesBack({
      turns: ['verified', 'stage-100.gate'],
      breaks: ['rollback-started', ''],
      weather: api(429, { for: 60, retryAfter: 60 }),
    })

    expect(backAfter(ran, 'select')).toBeLessThan(10)
    expect(ran.outcome).toBe('back')
    worldIsAsBefore(product, before)
    theBooksAddUp(product)
  })
})
