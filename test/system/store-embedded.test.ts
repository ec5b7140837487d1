import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEmbeddedPostgres } from '../../src/store/index.ts'
import { embeddedBinaries } from '../../src/store/postgres-binaries.ts'

const store = fileURLToPath(new URL('../../src/store/index.ts', import.meta.url))
const patience = 60_000

describe('the embedded PostgreSQL', { timeout: patience }, () => {
  let directory: string
  const ended: (() => Promise<unknown>)[] = []
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'changeover-embedded-'))
    await chmod(directory, 0o755)
  })
  afterEach(async () => {
    for (const end of ended.splice(0)) await end()
    await rm(directory, { recursive: true, force: true })
  }, patience)

  const open = async () => {
    const server = await openEmbeddedPostgres(directory)
    ended.push(server.close)
    return server
  }
  const postmaster = async () =>
    Number(
      (await readFile(join(directory, 'postgres/cluster/postmaster.pid'), 'utf8')).split('\n')[0],
    )
  const isStopped = () => !existsSync(join(directory, 'postgres/cluster/postmaster.pid'))

  /** Another process that opens the server and says its URL; `go` lets it leave. */
  const startOther = async () => {
    const script = `
      import { openEmbeddedPostgres } from ${JSON.stringify(store)}
      const server = await openEmbeddedPostgres(${JSON.stringify(directory)})
      console.log(server.url)
      process.stdin.once('data', async () => { await server.close(); process.exit(0) })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    ended.push(() => kill(child))
    const [line] = await once(child.stdout, 'data')
    return { child, url: String(line).trim() }
  }

  it('is shared by processes that open it at once, and stopped by the last to leave', async () => {
    const [server, one, two] = await Promise.all([open(), startOther(), startOther()])

    expect(new Set([server.url, one.url, two.url]).size).toBe(1)
    expect(await ask(server.url, 'show synchronous_commit')).toBe('on')
    await server.close()
    one.child.stdin?.write('go\n')
    await once(one.child, 'exit')
    expect(await ask(server.url, 'select 1')).toBe(1)
    two.child.stdin?.write('go\n')
    await once(two.child, 'exit')
    expect(isStopped()).toBe(true)
  })

  it('is found by the next when its only user is killed, with the data and on the same port', async () => {
    const { child, url } = await startOther()
    await ask(url, 'create table kept as select 7 as seven')
    const before = await postmaster()
    await kill(child)

    const server = await open()

    expect(server.url).toBe(url)
    expect(await postmaster()).toBe(before)
    expect(await ask(server.url, 'select seven from kept')).toBe(7)
    await server.close()
    expect(isStopped()).toBe(true)
  })

  it('is started again under its users when the server itself is killed', async () => {
    const server = await open()
    await ask(server.url, 'create table kept as select 7 as seven')

    process.kill(await postmaster(), 'SIGKILL')

    await expect
      .poll(() => ask(server.url, 'select seven from kept').catch(() => undefined), {
        timeout: 20_000,
      })
      .toBe(7)
  })

  it('is found where it runs, though it was too busy to answer and another port was written down', async () => {
    const server = await open()
    const pid = await postmaster()
    await writeFile(join(directory, 'postgres/port'), '1')
    process.kill(pid, 'SIGSTOP')
    setTimeout(() => process.kill(pid, 'SIGCONT'), 7000)

    const other = await startOther()

    expect(other.url).toBe(server.url)
    expect(await postmaster()).toBe(pid)
  })

  it('takes over the lock of a process that was killed while it held it', async () => {
    const first = await open()
    await first.close()
    const gone = spawn(process.execPath, ['-e', ''])
    await once(gone, 'exit')
    await writeFile(join(directory, 'postgres/lock'), `${gone.pid} 12345`)

    const server = await open()

    expect(await ask(server.url, 'select 1')).toBe(1)
  })

  it('keeps its password from others, and works in a folder that is closed to them', async () => {
    await chmod(directory, 0o700)

    const server = await open()

    expect(await ask(server.url, 'select 1')).toBe(1)
    expect((await stat(join(directory, 'postgres/password'))).mode & 0o077).toBe(0)
    expect((await stat(join(directory, 'postgres/cluster'))).mode & 0o077).toBe(0)
    await expect(
      ask(server.url.replace(/:[0-9a-f]{48}@/, ':guessed@'), 'select 1'),
    ).rejects.toThrow('password authentication failed')
  })
})

describe.runIf(process.getuid?.() === 0)(
  'its programs below a folder that is closed to others',
  () => {
    it('are run all the same: root’s clone in root’s own folder', async () => {
      const closed = await mkdtemp(join(tmpdir(), 'changeover-closed-'))
      try {
        const programs = dirname(await embeddedBinaries())
        await cp(programs, join(closed, 'native'), { recursive: true, verbatimSymlinks: true })
        const binaries = join(closed, 'native/bin')
        const server = await openEmbeddedPostgres(join(closed, 'data'), { binaries })

        expect(await ask(server.url, 'select 1')).toBe(1)
        await server.close()
      } finally {
        await rm(closed, { recursive: true, force: true })
      }
    }, 60_000)
  },
)

async function ask(url: string, query: string): Promise<unknown> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query(query)
    return Object.values(rows[0] ?? {})[0]
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}
