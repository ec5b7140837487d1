import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LeaseLostError, RunAlreadyOpenError, RunNotFoundError } from '../../src/engine/errors.ts'
import type { Lease, RunStore } from '../../src/engine/ports.ts'
import type { JournalEntry, RunEvent } from '../../src/engine/run-event.ts'
import { type RunId, runId, stepKey } from '../../src/kernel/ids.ts'
import { epochMs, ms } from '../../src/kernel/units.ts'

/** One implementation, open: two views of the same data, and a way to let its leases run out. */
export interface OpenRunStore {
  readonly store: RunStore
  /** The same runs as another process would see them. */
  readonly other: RunStore
  /** Lets the clock that leases are measured by go on. */
  passTime(durationMs: number): Promise<void>
  /** Makes it another history of the data, as a standby's promotion does. */
  promote(timeline: string): Promise<void>
  close(): Promise<void>
}

const noon = epochMs(1_800_000_000_000.25)
const later = epochMs(noon + 3_600_000)
const never = epochMs(Number.POSITIVE_INFINITY)
/** Long enough to be renewed in time on a busy machine. */
const brief = ms(1000)
const long = ms(60_000)
let made = 0

export function entry(run: RunId, seq: number, event: RunEvent, mark = 'a'): JournalEntry {
  return {
    run,
    seq,
    at: noon,
    event,
    previousHash: `${mark}${seq - 1}`.padEnd(64, '0'),
    hash: `${mark}${seq}`.padEnd(64, '0'),
  }
}

export const waiting = (because: string): RunEvent => ({
  kind: 'waiting',
  step: stepKey('soak'),
  because,
})

const firstEvent = waiting('first')

/** Stores a fresh run; its runbook is named like it. */
export async function newRun(store: RunStore): Promise<RunId> {
  made += 1
  const run = runId(`run-${process.pid}-${made}`)
  await store.create(entry(run, 1, firstEvent), `book of ${run}`)
  return run
}

export async function held(
  store: RunStore,
  run: RunId,
  options: { holder?: string; leaseFor?: typeof brief } = {},
): Promise<Lease> {
  const lease = await store.claim(options.holder ?? 'a', options.leaseFor ?? long, noon, run)
  if (lease === undefined) throw new Error(`${run} could not be claimed`)
  return lease
}

/** What every `RunStore` keeps, whatever it is made of. */
export function itKeepsTheRunStoreContract(name: string, open: () => Promise<OpenRunStore>): void {
  describe(`${name} keeps the run store contract`, () => {
    let world: OpenRunStore
    const view = () => world
    beforeAll(async () => {
      world = await open()
    }, 60_000)
    afterAll(() => world?.close())

    itKeepsRuns(view)
    itGrantsLeases(view)
    itFencesAppends(view)
    itPassesRequestsOn(view)
    // The last: from here on everything that was written before is of another history.
    itKnowsAnotherHistory(view)
  })
}

function itKeepsRuns(view: () => OpenRunStore) {
  it('gives a journal back exactly as it was written, whatever is in it', async () => {
    const { store, other } = view()
    const run = await newRun(store)
    const lease = await held(store, run)
    const odd: RunEvent = {
      kind: 'observed',
      step: stepKey('a'),
      before: { b: 1e21, a: ['\u0000', '\ud800', 'é', 0.1, null], '': {} },
      done: false,
    }

    await store.append(lease, [entry(run, 2, odd), entry(run, 3, waiting('x'))])

    expect(await other.readJournal(run)).toEqual([
      entry(run, 1, firstEvent),
      entry(run, 2, odd),
      entry(run, 3, waiting('x')),
    ])
  })

  it('refuses a second run of a runbook until the first has ended', async () => {
    const { store, other } = view()
    const run = await newRun(store)
    const second = runId(`${run}-second`)
    const create = () => other.create(entry(second, 1, firstEvent), `book of ${run}`)

    await expect(create()).rejects.toMatchObject({ details: { run } })
    await expect(create()).rejects.toThrow(RunAlreadyOpenError)
    const ended: RunEvent = { kind: 'ended', outcome: 'done', summary: 's' }
    await store.append(await held(store, run), [entry(run, 2, ended)])
    await create()

    expect((await store.list()).find((summary) => summary.run === run)?.outcome).toBe('done')
    expect(await store.readJournal(second)).toHaveLength(1)
  })

  it('lists runs with their holder, their next look and their length', async () => {
    const { store, other } = view()
    const run = await newRun(store)
    const find = async () => (await other.list()).find((summary) => summary.run === run)
    const base = { run, runbook: `book of ${run}`, createdAt: noon, entries: 1 }

    expect(await find()).toEqual({ ...base, wakeAt: noon })
    const lease = await held(store, run)
    expect(await find()).toEqual({ ...base, wakeAt: noon, holder: 'a' })
    await store.release(lease, never)
    expect(await find()).toEqual({ ...base, wakeAt: never })
  })
}

function itGrantsLeases(view: () => OpenRunStore) {
  it('X7 grants a run to one holder at a time, and fences it with a growing number', async () => {
    const { store, other } = view()
    const run = await newRun(store)

    const claims = await Promise.all(
      [store, other, store, other].map((each, index) => each.claim(`h${index}`, long, noon, run)),
    )
    const [winner, ...rest] = claims.filter((lease) => lease !== undefined)

    expect(rest).toEqual([])
    expect(winner).toMatchObject({ run, takenOver: false, quarantine: 0 })
    if (winner === undefined) return
    await store.release(winner, noon)
    const next = await held(other, run)
    expect(next.fencing).toBeGreaterThan(winner.fencing)
    expect(next.takenOver).toBe(false)
  })

  it('X7 lets another take over once a lease has run out, and refuses the one before', async () => {
    const { store, other, passTime } = view()
    const run = await newRun(store)
    const stale = await held(store, run, { leaseFor: brief })
    expect(await other.claim('b', long, noon, run)).toBeUndefined()

    await passTime(brief + 30)
    await expect(store.confirm(stale)).rejects.toThrow(LeaseLostError)
    const taken = await held(other, run, { holder: 'b' })

    expect(taken).toMatchObject({ takenOver: true, quarantine: 0, holder: 'b' })
    expect(taken.fencing).toBeGreaterThan(stale.fencing)
    await expect(store.renew(stale, long)).rejects.toThrow(LeaseLostError)
    await store.release(stale, never)
    await other.confirm(taken)
  })

  it('keeps a lease that is renewed in time', async () => {
    const { store, other, passTime } = view()
    const run = await newRun(store)
    const lease = await held(store, run, { leaseFor: brief })

    const renewed = await store.renew(lease, long)
    await passTime(brief + 30)

    expect(renewed.until).toBeGreaterThan(lease.until)
    await store.confirm(renewed)
    expect(await other.claim('b', long, noon, run)).toBeUndefined()
  })

  it('offers a run when it is due, or asked for, or was left in the middle; never once it has ended', async () => {
    const { store, other, passTime } = view()
    const run = await newRun(store)
    await store.release(await held(store, run), later)

    expect(await other.claim('b', long, noon, run)).toBeUndefined()
    const id = await other.request({ run, verb: 'pause', by: 'ada' })
    const woken = await held(store, run, { leaseFor: brief })
    expect(woken.dueSince).toBe(later)
    await store.append(woken, [], [id])
    await passTime(brief + 30)
    const leftInTheMiddle = await held(other, run)
    expect(leftInTheMiddle).toMatchObject({ takenOver: true, dueSince: noon })

    const ended: RunEvent = { kind: 'ended', outcome: 'back', summary: 's' }
    await other.append(leftInTheMiddle, [entry(run, 2, ended)])
    await other.release(leftInTheMiddle, noon)
    expect(await store.claim('c', long, later, run)).toBeUndefined()
  })

  it('offers the run that has waited longest when none is named', async () => {
    const { store } = view()
    const [first, second] = [await newRun(store), await newRun(store)]
    await store.release(await held(store, first), epochMs(2000))
    await store.release(await held(store, second), epochMs(1000))

    const claims = [
      await store.claim('a', long, epochMs(3000)),
      await store.claim('a', long, epochMs(3000)),
      await store.claim('a', long, epochMs(3000)),
    ]

    expect(claims.map((lease) => lease?.run)).toEqual([second, first, undefined])
  })
}

function itFencesAppends(view: () => OpenRunStore) {
  it('X7 refuses a stale append and leaves the new holder’s journal as it is', async () => {
    const { store, other, passTime } = view()
    const run = await newRun(store)
    const stale = await held(store, run, { leaseFor: brief })
    await passTime(brief + 30)
    const late = [entry(run, 2, waiting('late'))]
    await expect(store.append(stale, late)).rejects.toThrow(LeaseLostError)
    const taken = await held(other, run, { holder: 'a' })

    await expect(store.append(stale, late)).rejects.toThrow(LeaseLostError)
    await other.append(taken, [entry(run, 2, waiting('b'), 'b')])

    expect((await store.readJournal(run)).map((each) => each.hash[0])).toEqual(['a', 'b'])
  })

  it('refuses entries that leave a gap or write where something stands', async () => {
    const { store } = view()
    const run = await newRun(store)
    const lease = await held(store, run)

    for (const seq of [1, 3]) {
      const wrong = [entry(run, seq, waiting('x'), 'z')]
      await expect(store.append(lease, wrong)).rejects.toThrow(LeaseLostError)
    }

    expect(await store.readJournal(run)).toHaveLength(1)
  })

  it('takes an append that is repeated, its answer being lost, as done once', async () => {
    const { store } = view()
    const run = await newRun(store)
    const lease = await held(store, run)
    const entries = [entry(run, 2, waiting('x')), entry(run, 3, waiting('y'))]

    await store.append(lease, entries)
    await store.append(lease, entries)

    expect(await store.readJournal(run)).toHaveLength(3)
  })

  it('writes for each of 100 runs at once, the refused ones apart from the others', async () => {
    const { store, other } = view()
    const runs = await Promise.all(Array.from({ length: 100 }, () => newRun(store)))
    const leases = await Promise.all(runs.map((run) => held(store, run)))
    const lost = leases.filter((_, index) => index % 10 === 0)
    await Promise.all(lost.map((lease) => store.release(lease, noon)))

    const answers = await Promise.allSettled(
      leases.map((lease) => store.append(lease, [entry(lease.run, 2, waiting('x'))])),
    )

    expect(answers.map((answer) => answer.status === 'rejected')).toEqual(
      leases.map((_, index) => index % 10 === 0),
    )
    const lengths = await Promise.all(
      runs.map(async (run) => (await other.readJournal(run)).length),
    )
    expect(lengths).toEqual(runs.map((_, index) => (index % 10 === 0 ? 1 : 2)))
  })

  it('keeps the order of one run’s appends that are not waited for', async () => {
    const { store } = view()
    const run = await newRun(store)
    const lease = await held(store, run)

    await Promise.all(
      [2, 3, 4, 5].map((seq) => store.append(lease, [entry(run, seq, waiting(`${seq}`))])),
    )

    expect((await store.readJournal(run)).map((each) => each.seq)).toEqual([1, 2, 3, 4, 5])
    expect((await store.readJournal(run, 3)).map((each) => each.seq)).toEqual([4, 5])
    expect(await store.readJournal(run, 5)).toEqual([])
  })
}

function itPassesRequestsOn(view: () => OpenRunStore) {
  it('keeps requests in order until they are handled', async () => {
    const { store, other } = view()
    const run = await newRun(store)
    const skip = {
      run,
      verb: 'skip',
      by: 'ada',
      reason: 'known',
      secondPerson: 'bo',
      step: stepKey('s'),
    } as const
    const first = await other.request(skip)
    const confirm = { run, verb: 'confirm', by: 'ada', typed: 'dallas', asOf: 7 } as const
    const second = await other.request(confirm)

    expect(await store.pendingRequests(run)).toEqual([
      { ...skip, id: first },
      { ...confirm, id: second },
    ])
    const entries = [entry(run, 2, waiting('x'))]
    const lease = await held(store, run)
    const left = await store.append(lease, entries, [first])

    expect(left).toEqual([{ ...confirm, id: second }])
    expect(await store.append(lease, entries, [first])).toEqual(left)
    expect(await other.pendingRequests(run)).toEqual(left)
    expect(await store.append(lease, [], [second])).toEqual([])
  })

  it('leaves requests open when the append that handles them is refused', async () => {
    const { store } = view()
    const run = await newRun(store)
    const lease = await held(store, run)
    const id = await store.request({ run, verb: 'pause', by: 'ada' })
    await store.release(lease, noon)

    await expect(store.append(lease, [], [id])).rejects.toThrow(LeaseLostError)

    expect(await store.pendingRequests(run)).toHaveLength(1)
  })

  it('answers each of many runs that ask at once about itself', async () => {
    const { store } = view()
    const runs = await Promise.all(Array.from({ length: 12 }, () => newRun(store)))
    const leases = await Promise.all(runs.map((run) => held(store, run)))
    // Not symmetrical: answers in the wrong order must show.
    const isAsked = (index: number) => index % 3 === 1
    const asking = runs.filter((_, index) => isAsked(index))
    const ids = await Promise.all(
      asking.map((run) => store.request({ run, verb: 'pause', by: 'ada' })),
    )
    await Promise.all(
      leases.filter((_, index) => isAsked(index)).map((l) => store.release(l, noon)),
    )

    const found = await Promise.all(runs.map((run) => store.pendingRequests(run)))
    const confirmed = await Promise.allSettled(leases.map((lease) => store.confirm(lease)))

    expect(found.flatMap((requests) => requests.map(({ run, id }) => [run, id]))).toEqual(
      asking.map((run, index) => [run, ids[index]]),
    )
    expect(confirmed.map(({ status }) => status === 'rejected')).toEqual(
      runs.map((_, index) => isAsked(index)),
    )
  })

  it('refuses a request to a run that is not there', async () => {
    const ask = view().store.request({ run: runId('nobody'), verb: 'pause', by: 'ada' })

    await expect(ask).rejects.toThrow(RunNotFoundError)
  })

  it('calls back of every request, once, until it is ended', async () => {
    const { store, other } = view()
    const run = await newRun(store)
    const heard: RunId[] = []
    const end = await other.onRequest((each) => heard.push(each))

    await store.request({ run, verb: 'pause', by: 'ada' })
    await expect.poll(() => heard.includes(run), { interval: 5 }).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(heard.filter((each) => each === run)).toHaveLength(1)

    await end()
    await store.request({ run, verb: 'resume', by: 'ada' })
    await pause(300)
    expect(heard.filter((each) => each === run)).toHaveLength(1)
  })
}

function itKnowsAnotherHistory(view: () => OpenRunStore) {
  it('X7 after a promotion no lease of before is in force, and nothing is written under it', async () => {
    const { store, promote } = view()
    const run = await newRun(store)
    const lease = await held(store, run)
    const entries = [entry(run, 2, waiting('x'))]

    await promote('other/2')

    await expect(store.confirm(lease)).rejects.toThrow(LeaseLostError)
    await expect(store.renew(lease, long)).rejects.toThrow(LeaseLostError)
    await expect(store.append(lease, entries)).rejects.toThrow(LeaseLostError)
    await store.release(lease, never)
    expect(await store.readJournal(run)).toHaveLength(1)
  })

  it('X7 offers every open run of before, due or not, and says so until something is appended', async () => {
    const { store, other, promote, passTime } = view()
    const [run, untouched] = [await newRun(store), await newRun(store)]
    for (const each of [run, untouched]) await store.release(await held(store, each), never)
    const before = (await held(store, await newRun(store))).timeline

    await promote('other/3')
    const unused = await held(other, run, { leaseFor: brief })
    await passTime(brief + 30)
    const lease = await held(other, run)
    await other.append(lease, [entry(run, 2, waiting('x'))])
    await other.release(lease, noon)
    const next = await held(other, run)

    expect(unused).toMatchObject({ promotedFrom: before, timeline: 'other/3' })
    expect(lease).toMatchObject({ promotedFrom: before, timeline: 'other/3' })
    expect(next.promotedFrom).toBeUndefined()
    expect(await store.claim('b', long, noon, untouched)).toMatchObject({ promotedFrom: before })
  })

  it('X7 gives no fencing number that the lost commits may have granted', async () => {
    const { store, promote } = view()
    const run = await newRun(store)
    const lease = await held(store, run)
    await store.append(lease, [entry(run, 2, waiting('x'))])
    await store.release(lease, noon)

    await promote('other/4')
    const promoted = await held(store, run)
    await store.append(promoted, [entry(run, 3, waiting('x'))])
    await store.release(promoted, noon)
    // A run of this name may have been started, and claimed, by commits that are lost.
    const fresh = await held(store, await newRun(store))

    expect(promoted.fencing).toBeGreaterThan(lease.fencing + 999)
    expect(fresh.fencing).toBeGreaterThan(999)
    expect((await held(store, run)).fencing).toBe(promoted.fencing + 1)
  })
}
