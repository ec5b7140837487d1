import { execFile, spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'

/** Who the server runs as: undefined is ourselves. PostgreSQL refuses to run as root. */
export interface ServerAccount {
  readonly uid: number
  readonly gid: number
}

const run = promisify(execFile)

/** The account `postgres` when we are root, made when it is missing. */
export async function findServerAccount(): Promise<ServerAccount | undefined> {
  if (process.getuid?.() !== 0) return undefined
  return (await lookUp()) ?? (await create())
}

async function lookUp(): Promise<ServerAccount | undefined> {
  try {
    const [uid, gid] = await Promise.all([
      run('id', ['-u', 'postgres']),
      run('id', ['-g', 'postgres']),
    ])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    return undefined
  }
}

async function create(): Promise<ServerAccount | undefined> {
  await run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'])
  return lookUp()
}

export interface Finished {
  readonly ok: boolean
  /** What it said, on both streams. */
  readonly said: string
}

/**
 * Runs one of PostgreSQL's programs to its end, as the server's account.
 *
 * @param paths that the program must reach; below a folder closed to others (`/root`) the account gets
 * the one capability that opens it
 */
export async function runAsServer(
  account: ServerAccount | undefined,
  command: readonly [string, ...string[]],
  paths: readonly string[],
): Promise<Finished> {
  const open =
    account === undefined || (await Promise.all(paths.map(isOpenToOthers))).every(Boolean)
  const [program, ...args] = open ? command : withAccess(account, command)
  const child = spawn(program, args, {
    ...(open && account !== undefined ? account : {}),
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const code = new Promise<number | string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (status) => resolve(status ?? 'killed'))
  })
  const said = Promise.all([text(child.stdout), text(child.stderr)])
  const ended = await code
  return {
    ok: ended === 0,
    said: [...(await said), ended === 0 ? '' : `(${ended})`].join('').trim(),
  }
}

/** PostgreSQL asks by access(2) whether it may run its own programs, which leaves capabilities out but for the securebit. */
function withAccess(
  account: ServerAccount,
  command: readonly [string, ...string[]],
): readonly [string, ...string[]] {
  return [
    'setpriv',
    `--reuid=${account.uid}`,
    `--regid=${account.gid}`,
    '--clear-groups',
    '--securebits=+no_setuid_fixup',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    '--',
    ...command,
  ]
}

const othersMayEnter = 0o001

/** Whether every folder above the path lets others pass. */
async function isOpenToOthers(path: string): Promise<boolean> {
  const parent = dirname(path)
  if (parent === path) return true
  const { mode } = await stat(parent)
  return (mode & othersMayEnter) !== 0 && isOpenToOthers(parent)
}
