import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../src/cli/exit-codes.ts'
import { describeError } from '../../src/cli/output/print.ts'
import { createProgram } from '../../src/cli/program.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the command line as `main.ts` does, with what it printed. */
async function changeover(...args: readonly string[]) {
  const lines: string[] = []
  const print = (text = '') => void lines.push(text)
  const program = createProgram({
    printer: { line: print, problem: print, color: false, width: 160 },
    environment: {},
    dataDirectory: join(folder, 'data'),
    interrupted: new AbortController().signal,
  })
  try {
    const exit = await program(args)
    return { exit, said: lines.join('\n') }
  } catch (thrown) {
    return { exit: exitCodeOf(thrown), said: [...lines, describeError(thrown)].join('\n') }
  }
}

const wavePayload = 'test/fixtures/guides/001-wave.json'

describe('changeover plan', () => {
  it('says 0 of a plan without problems', async () => {
    const { exit, said } = await changeover('plan', 'check', 'examples/two-sites.yaml')

    expect(exit).toBe(0)
    expect(said).toContain('exit 0')
  })

  it('reports twenty mistakes at once, each with line and column, and says 2', async () => {
    const { exit, said } = await changeover(
      'plan',
      'check',
      'test/fixtures/plans/twenty-mistakes.yaml',
    )

    expect(exit).toBe(2)
    expect(said.match(/twenty-mistakes\.yaml:\d+:\d+\s+error/g)?.length).toBeGreaterThanOrEqual(20)
  })

  it('W5.2 D16 names the hazard of the guide’s wave, lists its missing bindings, and says 4', async () => {
    const { exit, said } = await changeover('plan', 'check', wavePayload)

    expect(exit).toBe(4)
    expect(said).toContain('{trunkId}')
    expect(said).toContain('{queueId}')
    expect(said).toContain('selects the target while its trunk is inactive')
    expect(said).toMatch(/001-wave\.json:\d+:\d+/)
  })

  it('P1.4 imports the payloads of 001, and says which others it can’t read yet', async () => {
    const wave = await changeover('import', wavePayload)
    const record = await changeover('import', 'test/fixtures/guides/001-dns-srv-record.json')
    const file = join(folder, 'presence.json')
    writeFileSync(file, '{"presence": "Available"}')
    const other = await changeover('import', file)

    expect(wave.exit).toBe(4)
    expect(record.said).toContain('gateway-us-east-1.genesys.cloud')
    expect(other.exit).toBe(2)
  })

  it('prints a schema that editors can read', async () => {
    const { exit, said } = await changeover('plan', 'schema')

    expect(exit).toBe(0)
    expect(JSON.parse(said)).toHaveProperty('properties.waves')
  })

  it.each(['README.md', 'package.json'])('%s is told in one line to be no plan', async (file) => {
    const check = await changeover('plan', 'check', file)
    const read = await changeover('import', file)

    for (const { exit, said } of [check, read]) {
      expect(exit).toBe(2)
      expect(said).toMatch(/^(README\.md|package\.json):\d+:1 .*\bno (YAML|plan|payload)\b/)
      expect(said).toContain('1 error')
    }
  })

  it('a file that is not there is bad input, and says which', async () => {
    const { exit, said } = await changeover('plan', 'check', 'nowhere.yaml')

    expect(exit).toBe(2)
    expect(said).toContain('plan.unreadable')
    expect(said).toContain('nowhere.yaml')
  })
})

describe('changeover run', () => {
  it('a wave that the plan does not have is named, with those it has', async () => {
    const { exit, said } = await changeover('run', 'examples/two-sites.yaml', '--wave', 'austin')

    expect(exit).toBe(2)
    expect(said).toContain('dallas, reno')
  })

  it('a secret that is missing stops it before anything is begun, and is named', async () => {
    const { exit, said } = await changeover('run', 'examples/two-sites.yaml', '--wave', 'dallas')
    const status = await changeover('status')

    expect(exit).toBe(2)
    expect(said).toContain('config.secret-missing')
    expect(said).toMatch(/SBC_TOKEN is not set \(platforms\.pbx\.token, line \d+\)/)
    expect(said).toMatch(/GENESYS_CLIENT_ID is not set/)
    expect(said).toMatch(/file \/\S*examples\/secrets\/genesys\S* is not there/)
    expect(status.said).toContain('no runs yet')
  })

  it('a plan with errors is not run', async () => {
    const { exit, said } = await changeover(
      'run',
      'test/fixtures/plans/twenty-mistakes.yaml',
      '--wave',
      'dallas',
    )

    expect(exit).toBe(2)
    expect(said).toContain('plan.invalid')
  })

  it('W5.2 the guide’s wave is refused for safety', async () => {
    const { exit, said } = await changeover('run', wavePayload, '--wave', 'site-a-wave-1')

    expect(exit).toBe(4)
    expect(said).toContain('plan.refused')
  })
})

describe('the verbs', () => {
  it('a run that is not there is bad input', async () => {
    const { exit, said } = await changeover('pause', 'austin')

    expect(exit).toBe(2)
    expect(said).toContain('there is no run austin')
  })

  it('arguments that can’t be used are bad input', async () => {
    expect((await changeover('run')).exit).toBe(2)
  })
})

describe('changeover demo', () => {
  it('whose reader leaves ends in order: no database and no folder stay behind', async () => {
    const data = join(folder, 'demo')
    const env = { ...process.env, CHANGEOVER_DATA: data }
    const demo = spawn(process.execPath, ['src/cli/main.ts', 'demo', '--once'], { env })
    await once(demo.stdout, 'data')

    demo.stdout.destroy()
    const [code] = await once(demo, 'exit')

    expect(code).toBe(3)
    // The folder goes last: after the database in it was stopped.
    expect(readdirSync(data)).toEqual([])
  }, 120_000)
})
