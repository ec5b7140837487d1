import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

/** What a server leaves in its data directory, so that commands find it. The token opens everything: mode 0600. */
export const ServerFile = z.object({
  url: z.string(),
  pid: z.number(),
  token: z.string(),
  version: z.string(),
  startedAt: z.number(),
})
export type ServerFile = z.output<typeof ServerFile>

const pathIn = (dataDirectory: string) => join(dataDirectory, 'server.json')

/** What is written there; undefined when there is nothing, or nothing that can be read. */
export function readServerFile(dataDirectory: string): ServerFile | undefined {
  try {
    return ServerFile.parse(JSON.parse(readFileSync(pathIn(dataDirectory), 'utf8')))
  } catch {
    // No file is the usual case; half a file does not occur, and one of somebody else's making is no server of ours.
    return undefined
  }
}

/**
 * Writes the file whole and at once, unless there is one: two servers that start together can't both have it.
 *
 * @returns whether it is ours now
 */
export async function publishServerFile(dataDirectory: string, file: ServerFile): Promise<boolean> {
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 })
  const draft = join(dataDirectory, `server.json.${randomUUID()}`)
  await writeFile(draft, `${JSON.stringify(file, null, 2)}\n`, { flag: 'wx', mode: 0o600 })
  try {
    await link(draft, pathIn(dataDirectory))
    return true
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') return false
    throw thrown
  } finally {
    await rm(draft)
  }
}

/**
 * Takes the file away if it is the one with this token, or if it can't be read at all (`undefined`).
 *
 * It is moved aside before it is looked at, so that a file which another server wrote meanwhile is noticed and put back.
 */
export async function removeServerFile(
  dataDirectory: string,
  token: string | undefined,
): Promise<void> {
  const aside = join(dataDirectory, `server.json.${randomUUID()}`)
  try {
    await rename(pathIn(dataDirectory), aside)
  } catch {
    // Somebody else was quicker.
    return
  }
  const found = ServerFile.safeParse(await jsonIn(aside))
  if (found.success && found.data.token !== token) {
    await link(aside, pathIn(dataDirectory)).catch(() => undefined)
  }
  await rm(aside, { force: true })
}

async function jsonIn(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return undefined
  }
}
