import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '../../src/kernel/random.ts'
import { cuts } from '../support/cuts.ts'
import { describeWorld } from '../support/describe-world.ts'
import { nobodyIsLost, siteIsAtTarget, worldIsAsBefore } from '../support/then.ts'
import {
  isStopped,
  type Process,
  type SocketWave,
  type SocketWaveOptions,
  startSocketWave,
} from './socket-wave.ts'

/*
 * Real processes of the command line on a real PostgreSQL and a lab on real sockets. They are killed with
 * SIGKILL, frozen with SIGSTOP, or lose their database, and the end must be the one without.
 */

/** Above what a wave takes here with one takeover (8 s of lease, 5 s for the longest request) on a busy machine. */
const patience = 90_000

async function withWave(options: SocketWaveOptions, story: (wave: SocketWave) => Promise<void>) {
  const wave = await startSocketWave(options)
  try {
    await story(wave)
  } finally {
    await wave.close()
  }
}

describe.concurrent('promise 4: the process is killed', { timeout: patience }, () => {
  let calm: object = {}
  beforeAll(
    () =>
      withWave({}, async (wave) => {
        await exits(wave.changeover('run', wave.planFile, '--wave', 'dallas'), 0)
        siteIsAtTarget(wave, 'dallas')
        nobodyIsLost(wave)
        calm = await wave.end()
      }),
    patience,
  )

  /** Entries that a hurried dallas writes at least; more than one of them is cut within a step. */
  const fewest = 110
  it.concurrent.each(cuts(4, fewest))(
    'kill -9 about entry %i: another process ends it the same',
    (place) =>
      withWave({}, async (wave) => {
        const first = wave.changeover('run', wave.planFile, '--wave', 'dallas')
        await wave.reaches(place)
        await pause(createRandom(place).integer(20))
        first.signal('SIGKILL')
        await exits(first, 'SIGKILL')

        const second = wave.changeover('serve')
        await wave.ends()
        second.signal('SIGINT')

        await exits(second, 0)
        // Whether it had a lease to take over depends on the instant: between two visits nobody holds one.
        expect(await wave.end()).toEqual(calm)
        nobodyIsLost(wave)
      }),
  )

  it('PostgreSQL is killed in mid-wave: the same process goes on and ends it the same', () =>
    withWave({ database: 'own' }, async (wave) => {
      const only = wave.changeover('run', wave.planFile, '--wave', 'dallas')
      await wave.reaches(({ event }) => event.kind === 'acting' && event.step === 'first.agents')
      const file = join(wave.dataDirectory, 'postgres/postgres/cluster/postmaster.pid')
      const [pid] = (await readFile(file, 'utf8')).split('\n')
      process.kill(Number(pid), 'SIGKILL')

      await exits(only, 0)
      expect(await wave.end()).toEqual(calm)
      nobodyIsLost(wave)
    }))

  it('X7 a frozen process that wakes up when all is over writes nothing: the end is the new holder’s', () =>
    withWave({}, async (wave) => {
      const { frozen, others } = await freezeAndRollBack(wave)
      await wave.ends()
      const back = await wave.end()
      const entries = (await wave.journal()).length

      frozen.signal('SIGCONT')
      await exits(frozen, 1)
      await endAll(others)

      expect(back).toMatchObject({ outcome: 'back' })
      expect(await wave.end()).toEqual(back)
      expect(await wave.journal()).toHaveLength(entries)
      nobodyIsLost(wave)
    }))

  it('X7 a frozen process that wakes up while another goes back moves nobody forward again', () =>
    withWave({}, async (wave) => {
      const before = describeWorld(wave.lab)
      const { frozen, others } = await freezeAndRollBack(wave)
      await wave.reaches(
        ({ event }) => event.kind === 'undone' && event.step === 'stage-100.agents',
      )
      frozen.signal('SIGCONT')

      await exits(frozen, 1)
      await endAll(others)

      worldIsAsBefore(wave, before)
      nobodyIsLost(wave)
    }))

  it('X7 an update of DNS that was frozen on its way, between check and send, moves no caller afterwards', () =>
    withWave({}, async (wave) => {
      const before = describeWorld(wave.lab)
      const run = ['run', wave.planFile, '--wave', 'dallas']
      const [label = ''] = wave.lab.estate.gateways['genesys-cloud'].host.split('.')
      const onTheWire = String.fromCharCode(label.length) + label
      const frozen = wave.changeoverFrozenAt(onTheWire, ...run)
      await isStopped(frozen)
      const last = (await wave.journal()).at(-1)?.event
      const others = [wave.changeover('serve'), wave.changeover('rollback', 'dallas')]
      await wave.ends()

      frozen.signal('SIGCONT')
      await exits(frozen, 1)
      await endAll(others)

      expect(last).toMatchObject({ kind: 'acting', step: 'select' })
      worldIsAsBefore(wave, before)
      nobodyIsLost(wave)
    }))
})

/** Frozen in the middle of moving agents, for longer than its lease; another process takes over and goes back. */
async function freezeAndRollBack(wave: SocketWave) {
  const frozen = wave.changeover('run', wave.planFile, '--wave', 'dallas')
  await wave.reaches(({ event }) => event.kind === 'acting' && event.step === 'stage-100.agents')
  await pause(10)
  frozen.signal('SIGSTOP')
  const others = [wave.changeover('serve'), wave.changeover('rollback', 'dallas')]
  return { frozen, others }
}

/** With what it said, if it ends otherwise. */
async function exits({ ended, said }: Process, how: number | NodeJS.Signals): Promise<void> {
  const found = await ended
  expect(found, said().slice(-3000)).toBe(how)
}

async function endAll(processes: readonly Process[]): Promise<void> {
  for (const one of processes) one.signal('SIGINT')
  await Promise.all(processes.map(({ ended }) => ended))
}
