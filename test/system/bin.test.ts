import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'

/* The command as people start it: on a Node that is too old for the sources, from any folder. */

const folder = mkdtempSync(join(tmpdir(), 'changeover-bin-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const command = resolve('bin/changeover.mjs')

/** This Node, which says that it is another one. */
function started(version: string, program: string, args: readonly string[]) {
  const versions = `{ ...process.versions, node: ${JSON.stringify(version)} }`
  const pretend = `Object.defineProperty(process, 'versions', { value: ${versions} })`
  const child = spawn(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, program, ...args],
    { cwd: folder },
  )
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk
    })
  }
  const ended = once(child, 'close').then(([exit]) => ({ exit, said }))
  return { child, ended, said: () => said }
}

describe('changeover on Node 20', () => {
  it('hands over to the Node that the clone has brought, called from another folder', async () => {
    const { exit, said } = await started('20.1.0', command, ['plan', 'check', 'none.yaml']).ended

    expect(exit).toBe(2)
    expect(said).toContain('plan.unreadable')
  })

  it('Ctrl-C reaches who does the work', async () => {
    const lab = started('20.1.0', command, ['lab', 'up'])
    while (!lab.said().includes('Ctrl-C ends the lab')) await pause(50)
    lab.child.kill('SIGINT')

    expect(await lab.ended).toMatchObject({ exit: 0 })
  }, 60_000)
})

describe('changeover that can’t run', () => {
  const bare = join(folder, 'clone', 'bin', 'changeover.mjs')
  cpSync(command, bare)

  it.each([
    ['18.20.1', 'Changeover needs Node 20 or newer, and this is 18.20.1.\n'],
    ['20.1.0', `Changeover is not installed yet: cd ${folder}/clone/ && npm ci\n`],
    ['24.1.0', `Changeover is not installed yet: cd ${folder}/clone/ && npm ci\n`],
  ])('on Node %s says so in one line', async (version, line) => {
    expect(await started(version, bare, ['status']).ended).toEqual({ exit: 2, said: line })
  })
})
