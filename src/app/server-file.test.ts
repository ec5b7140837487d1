import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findServer } from './find-server.ts'
import { publishServerFile, readServerFile, removeServerFile } from './server-file.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'changeover-server-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Nobody listens at port 9 of this machine. */
const file = {
  ...{ url: 'http://127.0.0.1:9', pid: process.pid, token: 'first' },
  ...{ version: '0.1.0', startedAt: 0 },
}
const path = () => join(folder, 'server.json')

describe('server.json', () => {
  it('is there whole or not at all, for nobody else to read, and leaves no drafts', async () => {
    expect(await publishServerFile(folder, file)).toBe(true)

    expect(readServerFile(folder)).toEqual(file)
    expect(statSync(path()).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['server.json'])
  })

  it('belongs to the first of two that start together', async () => {
    const both = [file, { ...file, token: 'second' }]

    const won = await Promise.all(both.map((one) => publishServerFile(folder, one)))

    expect(won.filter(Boolean)).toHaveLength(1)
    expect(readServerFile(folder)).toEqual(both[won.indexOf(true)])
    expect(readdirSync(folder)).toEqual(['server.json'])
  })

  it('is taken away by whoever knows its token, and put back by anybody else', async () => {
    await publishServerFile(folder, file)

    await removeServerFile(folder, 'second')
    const kept = readServerFile(folder)
    await removeServerFile(folder, 'first')

    expect(kept).toEqual(file)
    expect(readdirSync(folder)).toEqual([])
  })

  it('that can’t be read is no server, and is in nobody’s way', async () => {
    writeFileSync(path(), '{"url": ')

    expect(readServerFile(folder)).toBeUndefined()
    await removeServerFile(folder, undefined)
    expect(await publishServerFile(folder, file)).toBe(true)
  })
})

describe('findServer', () => {
  it('passes a file over behind which nobody answers; it stays while its process may yet come up', async () => {
    await publishServerFile(folder, file)

    expect(await findServer(folder, {})).toEqual({ kind: 'none' })
    expect(readServerFile(folder)).toEqual(file)
  })

  it('takes it away when its process is gone', async () => {
    // Above what Linux gives out.
    await publishServerFile(folder, { ...file, pid: 2 ** 22 + 1 })

    expect(await findServer(folder, {})).toEqual({ kind: 'none' })
    expect(readdirSync(folder)).toEqual([])
  })
})
