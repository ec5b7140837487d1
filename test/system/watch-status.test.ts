import { afterEach, describe, expect, it } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'
import { type SocketWave, startSocketWave } from '../crash/socket-wave.ts'

/* `status --watch` beside a run that another process takes through, on a real database and a lab on sockets. */

let wave: SocketWave | undefined
afterEach(async () => {
  await wave?.close()
  wave = undefined
})

describe('status --watch', () => {
  it('X13 in a pipe prints the run once, then what happens, and ends with it and its exit code', async () => {
    wave = await startSocketWave()
    wave.changeover('run', wave.planFile, '--wave', 'dallas')
    await wave.reaches(20)

    const watcher = wave.changeover('status', 'dallas', '--watch')
    const exit = await watcher.ended

    const said = watcher.said()
    expect(exit, said.slice(-2000)).toBe(0)
    expect(said.match(/going forward · /g)).toHaveLength(1)
    expect(said.trimEnd().split('\n').at(-1)).toMatch(/^ ✔ done: every step is verified/)
    expect(said).toMatch(/^ ✔ \d+ restore TTL .*\(\d+ h.*\)/m)
    await expectPainted(wave)
  })
})

/** The same on a terminal, of the run that has ended: painted once, given back, and its end told below. */
async function expectPainted({ dataDirectory, databaseUrl }: SocketWave): Promise<void> {
  const lines: string[] = []
  const painted: (readonly string[])[] = []
  const line = (text = '') => void lines.push(text)
  const screen = {
    paint: (rows: readonly string[]) => painted.push(rows),
    leave: () => line('left'),
  }
  const program = createProgram({
    printer: { line, problem: line, color: false, width: 120, screen },
    environment: { DATABASE_URL: databaseUrl },
    dataDirectory,
    interrupted: new AbortController().signal,
  })

  expect(await program(['status', 'dallas', '--watch'])).toBe(0)
  expect(painted).toHaveLength(1)
  expect(painted[0]?.[0]).toMatch(/^wave dallas .* step \d+ of \d+ .* cloud 100%$/)
  expect(lines.slice(0, 2)).toEqual(['left', expect.stringContaining('ended done on ')])
}
