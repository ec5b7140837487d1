import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { EmbeddedPostgresError } from './errors.ts'

/** Longer than any start or stop of the server takes; after that the lock's owner is stuck. */
const lockPatienceMs = 60_000
const lookAgainMs = 25
/** Removing a stale lock is two system calls; a guard older than this was left by a killed process. */
const guardStaleMs = 5000

/** Whether a process lives; one that belongs to somebody else does. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Ended, but not yet collected by its parent, as a container's first process may never do. */
function isZombie(pid: number): boolean {
  return statFields(pid)[0] === 'Z'
}

/** This process's name among all that ever had its number: the number and when it was started. */
export function processMark(pid: number): string {
  return `${pid} ${statFields(pid)[19] ?? ''}`.trim()
}

/** Whether the process that wrote this mark still lives, and is not another with the same number. */
export function isMarkAlive(mark: string): boolean {
  const pid = Number(mark.split(' ')[0])
  return Number.isInteger(pid) && pid > 0 && isAlive(pid) && processMark(pid) === mark.trim()
}

/** Linux: the fields of /proc/<pid>/stat after the name, from the state on (proc(5)). Elsewhere none. */
function statFields(pid: number): readonly string[] {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return line.slice(line.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

/** Does something while no other process does; the lock of a process that was killed is taken over. */
export async function withLock<Answer>(
  directory: string,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const lock = join(directory, 'lock')
  const deadline = performance.now() + lockPatienceMs
  while (!(await tryCreate(lock, processMark(process.pid)))) {
    if (performance.now() > deadline) {
      throw new EmbeddedPostgresError(`is locked by ${await contentOf(lock)}`, { directory })
    }
    await removeIfStale(directory, lock)
    await pause(lookAgainMs)
  }
  try {
    return await work()
  } finally {
    await rm(lock, { force: true })
  }
}

/**
 * Only the holder of the guard removes a stale lock, and looks again before it does: else two that both
 * saw the dead owner's lock could remove each other's new one.
 */
async function removeIfStale(directory: string, lock: string): Promise<void> {
  if (!(await isStale(lock))) return
  const guard = join(directory, 'lock.guard')
  if (await tryCreate(guard, '')) {
    if (await isStale(lock)) await rm(lock, { force: true })
    await rm(guard, { force: true })
    return
  }
  const age = await stat(guard).then(
    (found) => Date.now() - found.mtimeMs,
    () => 0,
  )
  if (age > guardStaleMs) await rm(guard, { force: true })
}

/** An empty lock is being written this moment, unless it stays empty. */
async function isStale(lock: string): Promise<boolean> {
  const mark = await contentOf(lock)
  if (mark === undefined) return false
  if (mark !== '') return !isMarkAlive(mark)
  await pause(lookAgainMs * 4)
  return (await contentOf(lock)) === ''
}

async function tryCreate(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function contentOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

/** Notes that this process uses the server; returns the note's name. Under the lock only. */
export async function enter(directory: string): Promise<string> {
  const users = join(directory, 'users')
  await mkdir(users, { recursive: true, mode: 0o700 })
  const note = join(users, `${process.pid}-${randomUUID()}`)
  await writeFile(note, processMark(process.pid), { mode: 0o600 })
  return note
}

/** Removes the note, and those of processes that are gone. Under the lock only. @returns how many are left */
export async function leave(directory: string, note: string): Promise<number> {
  await rm(note, { force: true })
  const users = join(directory, 'users')
  const names = await readdir(users)
  const alive = await Promise.all(names.map((name) => keepIfAlive(join(users, name))))
  return alive.filter(Boolean).length
}

async function keepIfAlive(note: string): Promise<boolean> {
  const mark = await contentOf(note)
  if (mark !== undefined && isMarkAlive(mark)) return true
  await rm(note, { force: true })
  return false
}
