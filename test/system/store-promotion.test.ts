import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemWireClock, systemWorldClock } from '../../src/app/system-clock.ts'
import type { RunStore } from '../../src/engine/ports.ts'
import type { Verb } from '../../src/engine/run-event.ts'
import { foldJournal, type RunState } from '../../src/engine/run-state.ts'
import { createRunner } from '../../src/engine/runner.ts'
import { startRun } from '../../src/engine/start-run.ts'
import { createStepList } from '../../src/engine/step-list.ts'
import type { AuthorityStore } from '../../src/features/authority/index.ts'
import { runId } from '../../src/kernel/ids.ts'
import { epochMs, ms } from '../../src/kernel/units.ts'
import {
  createPostgresAuthorityStore,
  createPostgresRunStore,
  type Database,
  migrate,
  openDatabase,
} from '../../src/store/index.ts'
import { type ReplicatedPostgres, startReplicatedPostgres } from '../support/replicated-postgres.ts'
import {
  createToyWorld,
  look,
  lookCheck,
  runbookOf,
  set,
  setCellStep,
  type ToyWorld,
} from '../support/toy-steps.ts'

const patience = 120_000
const debian = '/usr/lib/postgresql/15/bin'
const servers = [
  { version: 18, binaries: undefined },
  ...(existsSync(debian) ? [{ version: 15, binaries: debian }] : []),
]
const run = runId('toy-1')
const wave = [set('a', true), look('between', 'both'), set('b'), look('gate'), set('c', true)]

describe.each(servers)('X7 a standby of PostgreSQL $version is promoted', ({ binaries }) => {
  let server: ReplicatedPostgres
  let database: Database
  let store: RunStore
  let authority: AuthorityStore
  let world: ToyWorld
  beforeEach(async () => {
    server = await startReplicatedPostgres(binaries)
    database = openDatabase(server.url)
    await migrate(database)
    store = createPostgresRunStore(database)
    authority = createPostgresAuthorityStore(database)
    world = createToyWorld()
    const runbook = runbookOf(wave)
    await startRun({ store, worldClock: systemWorldClock }, { run, runbook, by: 'anna' })
  }, patience)
  afterEach(async () => {
    await database?.close()
    await server?.close()
  }, patience)

  const runner = (holder: string) =>
    createRunner({
      store,
      steps: createStepList([setCellStep, lookCheck]),
      portsOf: () => ({ world }),
      worldClock: systemWorldClock,
      wireClock: systemWireClock,
      holder,
      leaseFor: ms(2000),
      longestRequest: ms(300),
    })
  /** Until it has ended or waits for somebody, through all that passes. */
  const goOn = async (): Promise<RunState> => {
    const second = runner('second')
    for (const end = Date.now() + 60_000; Date.now() < end; await pause(100)) {
      const stop = await second.advance(new AbortController().signal, run).catch(() => undefined)
      if (stop?.kind === 'ended') return stop.state
      const isWaiting = stop?.kind === 'waiting'
      if (isWaiting && (stop.until === undefined || isHeld(stop.state))) return stop.state
    }
    throw new Error('not within 60 s')
  }
  const isHeld = ({ steps }: RunState) =>
    Object.values(steps).some(({ held }) => held !== undefined)
  const ask = (verb: Verb, more: object = {}) => store.request({ run, verb, by: 'ben', ...more })
  const change = (policy: string) => ({
    subject: 'dallas.example',
    policy,
    boundary: 1000,
    selected: 'source' as const,
    since: epochMs(0),
    byRun: run,
  })
  const events = async () => (await store.readJournal(run)).map(({ event }) => event)

  /** Its gate is where the primary dies; what was committed since the first check the standby never had. */
  async function loseTheEnd() {
    await authority.compareAndSet(0, change('first'))
    world.slow['between'] = async () => {
      delete world.slow['between']
      await server.catchUp()
      await server.cutStreaming()
    }
    let lost = 0
    world.slow['gate'] = async () => {
      await authority.compareAndSet(1, change('lost'))
      lost = (await store.readJournal(run)).length
      delete world.slow['gate']
      told = await server.failOver()
    }
    let told: unknown
    await runner('first')
      .advance(new AbortController().signal, run)
      .catch(() => undefined)
    const kept = await store.readJournal(run)
    expect(kept.at(-1)?.event).toMatchObject({ kind: 'verified', step: 'a' })
    expect(lost).toBeGreaterThan(kept.length)
    return { told, head: kept.at(-1)?.hash }
  }

  it('with commits lost it holds, names the step, and resume ends it right', {
    timeout: patience,
  }, async () => {
    const { told } = await loseTheEnd()

    const held = await goOn()
    const made = await authority.compareAndSet(1, change('second'))
    const writes = [...world.writes]
    await ask('resume')
    const state = await goOn()

    const promoted = (await events()).find(({ kind }) => kind === 'database-promoted')
    expect(promoted).toMatchObject({ from: expect.stringMatching(/\/1$/), to: told })
    expect(told).toMatch(/\/2$/)
    expect(held.promotion?.readBack?.found).toMatchObject({ lost: [{ step: 'b', trace: 'all' }] })
    expect(state).toMatchObject({ outcome: 'done', promotion: { takenAsFound: ['b'] } })
    expect(world.cells).toEqual({ a: 1, b: 1, c: 1 })
    // What was lost asked for both; no cell was written twice, and the gate was asked again.
    expect(writes.filter((write) => write === 'b=1')).toHaveLength(1)
    expect(world.writes.filter((write) => write === 'look gate forward')).toHaveLength(2)
    const fencing = (await events()).flatMap((event) => ('epoch' in event ? [event.epoch] : []))
    expect(fencing[0]).toBeLessThan(10)
    expect(fencing.at(-1)).toBeGreaterThan(1_000_000)
    expect(made.epoch).toBeGreaterThan(1_000_000)
    expect(made.policyVersion).toBeGreaterThan(1000)
  })

  it('with commits lost rollback takes back what it can, and asks for the rest', {
    timeout: patience,
  }, async () => {
    await loseTheEnd()

    await goOn()
    await ask('rollback')
    const asking = await goOn()
    const left = { ...world.cells }
    world.cells['b'] = 0
    await ask('skip', { reason: 'put back by hand', secondPerson: 'carla' })
    const state = await goOn()

    expect(asking.outcome).toBeUndefined()
    expect(left).toEqual({ a: 0, b: 1 })
    expect(state.outcome).toBe('back')
    expect((await events()).at(-1)).toMatchObject({ summary: expect.stringContaining('set b') })
  })

  it('with a standby that is waited for nothing is lost, and it goes on by itself', {
    timeout: patience,
  }, async () => {
    await server.ask("alter system set synchronous_standby_names = '*'")
    await server.ask('alter role changeover set synchronous_commit = off')
    await server.ask('select pg_reload_conf()')
    world.slow['gate'] = async () => {
      delete world.slow['gate']
      await server.failOver()
      // The standby has none itself.
      await server.ask('alter system reset synchronous_standby_names')
      await server.ask('select pg_reload_conf()')
    }
    await runner('first')
      .advance(new AbortController().signal, run)
      .catch(() => undefined)
    const kept = foldJournal(await store.readJournal(run))

    const state = await goOn()

    expect(kept.steps).toMatchObject({ b: { phase: { kind: 'verified' } } })
    expect((await events()).find(({ kind }) => kind === 'read-back')).toMatchObject({
      lost: [],
      undone: [],
    })
    expect(state.outcome).toBe('done')
  })
})
