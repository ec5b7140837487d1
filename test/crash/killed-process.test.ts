import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { cuts } from '../support/cuts.ts'
import { describeWorld } from '../support/describe-world.ts'
import { nobodyIsLost, siteIsAtTarget, theBooksAddUp, worldIsAsBefore } from '../support/then.ts'
import { exits, killAbout, patience, withWave } from './kill-about.ts'
import { isStopped, type Process, type SocketWave } from './socket-wave.ts'

/*
 * Real processes of the command line on a real PostgreSQL and a lab on real sockets. They are killed with
 * SIGKILL, frozen with SIGSTOP, or lose their database, and the end must be the one without.
 */

/** As many as a hurried wave writes; there are some more or less of those that say "still waiting". */
const entries = { forward: 126, back: 148 }

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

  it.concurrent.each(cuts(4, entries.forward))(
    'kill -9 about entry %i: another process ends it the same',
    (place) => killAbout(place, {}, calm),
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

describe.concurrent('X7 a request to the vendor is frozen on its way, between check and send', {
  // A wave forward, a take-over, and the whole way back.
  timeout: 2 * patience,
}, () => {
  it('it arrives while another holder goes back, and is mended', () =>
    withWave({}, async (wave) => {
      const before = describeWorld(wave.lab)
      const written = watchShares(wave)
      const run = ['run', wave.planFile, '--wave', 'dallas']
      const frozen = wave.changeoverFrozenAt('"KEY":"dallas","boundary":10000', ...run)
      await isStopped(frozen)
      const last = (await wave.journal()).at(-1)?.event
      const others = [wave.changeover('serve'), wave.changeover('rollback', 'dallas')]
      await wave.reaches(
        ({ event }) => event.kind === 'undo-verified' && event.step === 'stage-100.share',
      )

      frozen.signal('SIGCONT')
      await wave.ends()
      await exits(frozen, 1)
      await endAll(others)

      expect(last).toMatchObject({ kind: 'acting', step: 'stage-100.share' })
      expect(written).toContain(10_000)
      expect(await wave.end()).toMatchObject({ outcome: 'back', journal: 'whole' })
      worldIsAsBefore(wave, before)
      theBooksAddUp(wave)
    }))
})

/** Every share of the site that arrives at the platform, in that order. */
function watchShares({ lab }: SocketWave): readonly unknown[] {
  const written: unknown[] = []
  for (const { rows } of lab.org.config.tables.values()) {
    const set = rows.set.bind(rows)
    rows.set = (key, row) => {
      written.push(row['boundary'])
      return set(key, row)
    }
  }
  return written
}

describe.concurrent('promise 4: the process of a wave that goes back is killed', {
  timeout: patience,
}, () => {
  const options = { wave: 'reno', faults: ['crm-failing:reno@50'] } as const
  let calm: object = {}
  beforeAll(
    () =>
      withWave(options, async (wave) => {
        const before = describeWorld(wave.lab)
        await exits(wave.changeover('run', wave.planFile, '--wave', 'reno'), 1)
        worldIsAsBefore(wave, before)
        nobodyIsLost(wave)
        calm = await wave.end()
      }),
    patience,
  )

  it.concurrent.each(cuts(3, entries.back))(
    'W4.2 kill -9 about entry %i: another process brings everything back',
    (place) => killAbout(place, options, calm),
  )
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

async function endAll(processes: readonly Process[]): Promise<void> {
  for (const one of processes) one.signal('SIGINT')
  await Promise.all(processes.map(({ ended }) => ended))
}
