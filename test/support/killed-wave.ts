import { describe, expect, it, onTestFinished } from 'vitest'
import { verifyJournal } from '../../src/engine/journal.ts'
import type { RunEvent } from '../../src/engine/run-event.ts'
import type { RunId } from '../../src/kernel/ids.ts'
import { ms } from '../../src/kernel/units.ts'
import { twoSitesEstate } from '../../src/lab/scenarios/two-sites.ts'
import { Killed } from './crashing-store.ts'
import { cuts, isEveryCut } from './cuts.ts'
import { describeWorld } from './describe-world.ts'
import { hurried } from './given.ts'
import { type LabProduct, startLabProduct } from './lab-product.ts'
import { type Death, mortal } from './mortal.ts'
import { nobodyIsLost } from './then.ts'
import { runGoesOn } from './when.ts'

/** A wave that is killed, and what it is to come to all the same. */
export interface DoomedWave {
  readonly wave: 'dallas' | 'reno'
  readonly faults: readonly string[]
  readonly ends: 'done' | 'back'
}

/** Few agents and numbers and short calls: every step of the demo's waves, at a fraction of their requests. */
export function smallEstate() {
  const { sites, habits, ...estate } = twoSitesEstate()
  const most = { dallas: 12, reno: 10 } as Readonly<Record<string, number>>
  return {
    ...estate,
    habits: { ...habits, meanTalk: ms(20_000) },
    sites: sites.map((site) => ({
      ...site,
      agents: site.agents.slice(0, most[site.id]),
      numbers: site.numbers.slice(0, 2),
    })),
  }
}

const given = ({ faults }: DoomedWave) =>
  startLabProduct({ ...hurried, faults, estate: smallEstate() })

/** What has to be the same: the world, the run's outcome, and the policy versions that were in force. */
async function endOf(product: LabProduct, { wave }: DoomedWave, run: RunId) {
  const { state, journal } = await product.product().readRun(run)
  const subject = product.lab.estate.sites.find(({ id }) => id === wave)?.record.name ?? ''
  const history = await product.authority.history(subject)
  nobodyIsLost(product)
  return {
    outcome: state.outcome,
    world: describeWorld(product.lab),
    versions: history.map(({ epoch, selected, boundary }) => ({ epoch, selected, boundary })),
    journal: verifyJournal(journal).kind,
  }
}

const never: Death = { at: 'append', nth: Number.POSITIVE_INFINITY, moment: 'before' }

/** The wave with nobody killed: its end, what each append held, and how many writes it made. */
async function undisturbed(wave: DoomedWave) {
  const product = await given(wave)
  try {
    const appends: (readonly RunEvent['kind'][])[] = []
    const { append } = product.store
    const noting: LabProduct['store'] = {
      ...product.store,
      append(lease, entries, handled) {
        appends.push(entries.map(({ event }) => event.kind))
        return append(lease, entries, handled)
      },
    }
    const writes = mortal({ ...product, store: noting }, { ...never, at: 'write' })
    const run = await product.start(wave.wave)
    await runGoesOn(product, run, { application: product.product(writes) })
    return { end: await endOf(product, wave, run), appends, writes: writes.count() }
  } finally {
    await product.close()
  }
}

async function endKilledAt(wave: DoomedWave, death: Death) {
  const product = await given(wave)
  onTestFinished(() => product.close())
  const run = await product.start(wave.wave)
  const first = runGoesOn(product, run, { application: product.product(mortal(product, death)) })
  await expect(first).rejects.toBeInstanceOf(Killed)
  await runGoesOn(product, run, { application: product.product() })
  return endOf(product, wave, run)
}

/** Above what any wave needs: a wave that gets nowhere is told from one that is slow. */
const mostLives = 400

/** No process lives for more than two appends, and the first of them says only that it took over. */
async function endOfManyLives(wave: DoomedWave) {
  const product = await given(wave)
  onTestFinished(() => product.close())
  const run = await product.start(wave.wave)
  let lives = 0
  for (let outcome: string | undefined; outcome === undefined && lives < mostLives; lives += 1) {
    const death: Death = { at: 'append', nth: 2, moment: 'after' }
    const life = runGoesOn(product, run, { application: product.product(mortal(product, death)) })
    await life.catch((thrown: unknown) => expect(thrown).toBeInstanceOf(Killed))
    outcome = (await product.product().readRun(run)).state.outcome
  }
  return { end: await endOf(product, wave, run), lives }
}

const moments = ['before', 'after'] as const

/**
 * Just after every append, and just before those that say what was done: then it is done, and nobody knows.
 * Of the writes, and of the other moments, a sample; all of them with `--all`.
 */
function deathsOf({ appends, writes }: Awaited<ReturnType<typeof undisturbed>>): readonly Death[] {
  const isDeed = (kinds: readonly RunEvent['kind'][] = []) =>
    kinds.some((kind) => kind === 'acted' || kind === 'undone')
  const atAppends = appends.flatMap((kinds, index): Death[] =>
    moments
      .filter((moment) => moment === 'after' || isDeed(kinds) || isEveryCut())
      .map((moment) => ({ at: 'append', nth: index + 1, moment })),
  )
  const atWrites = cuts(4, writes).flatMap((nth, index): Death[] =>
    moments
      .filter((moment) => moment === moments[index % 2] || isEveryCut())
      .map((moment) => ({ at: 'write', nth, moment })),
  )
  return [...atAppends, ...atWrites]
}

/**
 * Promise 4 over a whole wave: its process is killed after any entry of the journal, or at a write to a
 * vendor; another goes on; everything ends as it does without.
 */
export async function describeKilled(title: string, wave: DoomedWave): Promise<void> {
  const calm = await undisturbed(wave)

  describe(`promise 4: ${title}`, () => {
    it('ends well when nobody is killed', () => {
      expect(calm.end.outcome).toBe(wave.ends)
      expect(calm.appends.length).toBeGreaterThan(90)
      expect(calm.writes).toBeGreaterThan(40)
    })

    it.each(deathsOf(calm))('ends the same, killed $moment $at $nth', async (death) => {
      expect(await endKilledAt(wave, death)).toEqual(calm.end)
    })

    it('ends the same though no process lives for longer than two entries', async () => {
      const { end, lives } = await endOfManyLives(wave)

      expect(end).toEqual(calm.end)
      expect(lives).toBeGreaterThan(calm.appends.length / 2)
    })
  })
}
