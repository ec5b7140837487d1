import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { createRandom } from '../../src/kernel/random.ts'
import { nobodyIsLost } from '../support/then.ts'
import {
  type Process,
  type SocketWave,
  type SocketWaveOptions,
  startSocketWave,
  until,
} from './socket-wave.ts'

/** Above what a wave takes here with one takeover (8 s of lease, 5 s for the longest request) on a busy machine. */
export const patience = 180_000

export async function withWave(
  options: SocketWaveOptions,
  story: (wave: SocketWave) => Promise<void>,
): Promise<void> {
  const wave = await startSocketWave(options)
  try {
    await story(wave)
  } finally {
    await wave.close()
  }
}

/** With what it said, if it ends otherwise. */
export async function exits({ ended, said }: Process, how: number | NodeJS.Signals): Promise<void> {
  const found = await ended
  expect(found, said().slice(-3000)).toBe(how)
}

/**
 * The process that runs the wave is killed about this entry of its journal; another goes on, and all ends as
 * it does without.
 */
export function killAbout(place: number, options: SocketWaveOptions, calm: object): Promise<void> {
  return withWave(options, async (wave) => {
    const first = wave.changeover('run', wave.planFile, '--wave', options.wave ?? 'dallas')
    await wave.reaches(place)
    await pause(createRandom(place).integer(20))
    first.signal('SIGKILL')
    // About its last entry the wave may be over first.
    if ((await first.ended) !== 'SIGKILL')
      expect(await wave.end(), first.said().slice(-3000)).toEqual(calm)

    const second = wave.changeover('serve')
    // The wave may be over before it is up, and can hear a signal.
    await until('the server is up', async () => second.said().includes('answering at'))
    await wave.ends()
    second.signal('SIGINT')

    await exits(second, 0)
    // Whether it had a lease to take over depends on the instant: between two visits nobody holds one.
    expect(await wave.end(), second.said().slice(-6000)).toEqual(calm)
    nobodyIsLost(wave)
  })
}
