import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ErrorBody } from '../../src/http/contract/server.ts'
import { commandLine } from '../support/command-line.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const changeover = commandLine(join(folder, 'data'))

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
    expect(said).toContain(`there is no run austin in ${join(folder, 'data')}; it has none`)
    expect(said).toContain('CHANGEOVER_DATA')
  })

  it('arguments that can’t be used are bad input, and the call that helps is said', async () => {
    const { exit, said } = await changeover('run')

    expect(exit).toBe(2)
    expect(said).toMatch(/^error: .*required.*\nsee: changeover run --help$/)
  })

  it('a second person is asked for where one is needed, and nowhere else', async () => {
    expect((await changeover('hold', 'dallas', '--second', 'ben')).exit).toBe(2)
    expect((await changeover('skip', '--help')).said).toContain('--second <person>')
  })
})

describe('changeover --help', () => {
  it('has one line for each command, and the exit codes', async () => {
    const { exit, said } = await changeover('--help')

    const commands = said.split('Commands:\n')[1]?.split('\n\n')[0]?.split('\n') ?? []
    expect(exit).toBe(0)
    expect(commands.length).toBeGreaterThan(15)
    for (const line of commands) expect(line).toMatch(/^ {2}[a-z].*? {2,}\S/)
    expect(said).toMatch(/^ {2}hold <run> {2,}stop; rolls back after 30 min without resume$/m)
    expect(said).toContain('4  refused for safety')
  })

  it.each([
    ...['plan check', 'plan show', 'import', 'preflight', 'run', 'status', 'confirm', 'pause'],
    ...['resume', 'hold', 'retry', 'skip', 'rollback', 'cancel', 'journal show', 'journal verify'],
    ...['serve', 'lab up', 'demo', 'sip capture'],
  ])('%s: every option is explained', async (command) => {
    const { said } = await changeover(...command.split(' '), '--help')

    const options = said.split('\n').filter((line) => line.startsWith('  -'))
    expect(options.length).toBeGreaterThan(0)
    for (const option of options) expect(option).toMatch(/^ {2}\S.*? {2,}\S/)
    expect(said).toContain('Exit codes:')
  })

  it('says its version', async () => {
    expect(await changeover('--version')).toMatchObject({
      exit: 0,
      said: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    })
  })
})

describe('--json', () => {
  it.each([
    ['status', 'austin', 'engine.run-not-found'],
    ['pause', 'austin', 'engine.run-not-found'],
    ['confirm', 'austin', 'engine.run-not-found'],
    ['plan show', 'nowhere.yaml', 'plan.unreadable'],
    ['plan check', 'nowhere.yaml', 'plan.unreadable'],
    ['run --wave dallas --dry-run', 'nowhere.yaml', 'plan.unreadable'],
    ['run --wave dallas', 'nowhere.yaml', 'cli.usage'],
    ['journal verify', 'austin', 'engine.run-not-found'],
    ['journal verify', '--nonsense', 'cli.usage'],
  ])('an error of %s %s is the answer, as the API gives it', async (command, name, code) => {
    const { exit, answered } = await changeover(...command.split(' '), name, '--json')

    expect(exit).toBe(2)
    expect(ErrorBody.parse(JSON.parse(answered)).error.code).toBe(code)
  })

  it('shows a plan, and the runs', async () => {
    const plan = await changeover('plan', 'show', 'examples/two-sites.yaml', '--json')
    const runs = await changeover('status', '--json')

    expect(JSON.parse(plan.answered)).toHaveProperty('waves.dallas')
    expect(JSON.parse(runs.answered)).toEqual([])
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
