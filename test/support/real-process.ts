import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

/** A program that tests have started, and end by its own pid. */
export interface RealProcess {
  readonly exit: Promise<number>
  stop(): Promise<void>
}

/** Those of the programs that this machine has not. */
export function missingPrograms(programs: readonly string[]): readonly string[] {
  return programs.filter((program) => {
    const { error } = spawnSync(program, ['-h'], { stdio: 'ignore', timeout: 5000 })
    return error !== undefined && 'code' in error && error.code === 'ENOENT'
  })
}

/** @param log file that takes what it says; nowhere when absent */
export function startProcess(
  program: string,
  args: readonly string[],
  cwd: string,
  log?: string,
): RealProcess {
  const to = log === undefined ? 'ignore' : openSync(log, 'a')
  const child = spawn(program, args, { cwd, stdio: ['ignore', to, to] })
  if (to !== 'ignore') closeSync(to)
  const exit = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? -1))
  })
  // A program that can't be started shows where its work is missing, or where its exit is asked for.
  exit.catch(() => undefined)
  return { exit, stop: () => stopChild(child) }
}

/** Asked first, so that it takes its own children along. */
async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await Promise.race([ended, pause(3000, undefined, { ref: false })])
  child.kill('SIGKILL')
  await ended
}

/** @throws {Error} naming what did not come true within `patienceMs` */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  patienceMs = 60_000,
): Promise<void> {
  const end = Date.now() + patienceMs
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${patienceMs} ms: ${what}`)
    await pause(50)
  }
}
