import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { foldJournal } from '../../src/engine/run-state.ts'
import { ErrorBody } from '../../src/http/contract/server.ts'
import { type Process, type SocketWave, startSocketWave, until } from '../crash/socket-wave.ts'

/* The real command line, server and terminals as processes, on a real PostgreSQL and a lab on real sockets. */

let wave: SocketWave | undefined
afterEach(async () => {
  await wave?.close()
  wave = undefined
})

async function givenWave(): Promise<SocketWave> {
  wave = await startSocketWave()
  return wave
}

const fileOf = ({ dataDirectory }: SocketWave) => join(dataDirectory, 'server.json')

function serverOf(given: SocketWave): { url: string; token: string; pid: number } | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(given), 'utf8'))
  } catch {
    return undefined
  }
}

async function givenServer(given: SocketWave): Promise<Process> {
  const server = given.changeover('serve')
  await until('the server is up', () => Promise.resolve(serverOf(given)?.pid === server.pid))
  return server
}

async function says(given: SocketWave, ...args: readonly string[]) {
  const child = given.changeover(...args)
  const exit = await child.ended
  return { exit, said: child.said() }
}

const said = (child: Process, words: string) =>
  until(`"${words}" is said`, () => Promise.resolve(child.said().includes(words)))

/** The status and code of an answer to a request that has the server's token, unless it says otherwise. */
async function asks(given: SocketWave, path: string, request: RequestInit = {}) {
  const { url = '', token = '' } = serverOf(given) ?? {}
  const headers = { authorization: `Bearer ${token}`, ...request.headers }
  const response = await fetch(new URL(path, url), { ...request, headers })
  const { data } = ErrorBody.safeParse(await response.json())
  return { status: response.status, code: data?.error.code }
}

/** What comes back of a body that is posted with the server's token. */
async function answers(given: SocketWave, path: string, body: string) {
  const { url = '', token = '' } = serverOf(given) ?? {}
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const response = await fetch(new URL(path, url), { method: 'POST', headers, body })
  return { status: response.status, answer: await response.json() }
}

const aMinute = { timeout: 120_000 }

describe('with a server up', () => {
  it(
    'the server carries the run on, whoever watches; verbs from any terminal go through it',
    aMinute,
    async () => {
      const given = await givenWave()
      const server = await givenServer(given)
      const second = given.changeover('serve')
      await said(second, 'as one more runner')
      const third = await says(given, 'serve', '--listen', '127.0.0.1:0')

      const watcher = given.changeover('run', given.planFile, '--wave', 'dallas')
      await said(watcher, 'affiliate agents')
      watcher.signal('SIGINT')
      const left = await watcher.ended
      const paused = await says(given, 'pause', 'dallas', '--reason', 'look')
      const again = await says(given, 'pause', 'dallas')
      const status = await says(given, 'status', 'dallas')
      const resumed = await says(given, 'resume', 'dallas')
      await given.ends()
      const journal = await says(given, 'journal', 'verify', 'dallas')
      const late = await says(given, 'pause', 'dallas')
      second.signal('SIGINT')
      await second.ended
      const file = serverOf(given)
      const { mode } = statSync(fileOf(given))
      server.signal('SIGINT')

      expect(third).toMatchObject({ exit: 2, said: expect.stringContaining('already: end it') })
      expect(mode & 0o777).toBe(0o600)
      expect(watcher.said()).toContain('carried on by the server at http://127.0.0.1:')
      expect(watcher.said()).toContain('is left to the server')
      expect(left).toBe(3)
      expect(paused).toMatchObject({
        exit: 0,
        said: expect.stringMatching(/^dallas-1: pause granted: no further step and no timer; /),
      })
      expect(again).toMatchObject({
        exit: 4,
        said: expect.stringContaining('it is paused already'),
      })
      expect(status.said).toContain('paused by')
      expect(resumed).toMatchObject({
        exit: 0,
        said: expect.stringMatching(/^dallas-1: resume granted: it goes forward, at /),
      })
      expect(journal).toMatchObject({ exit: 0, said: expect.stringMatching(/^whole: /) })
      expect(late).toMatchObject({ exit: 4, said: expect.stringContaining('the run has ended') })
      expect(await given.end()).toMatchObject({ outcome: 'done' })
      // The second one, as it left, did not take the first one's file along.
      expect(file?.pid).toBe(server.pid)
      expect(await server.ended).toBe(0)
      expect(serverOf(given)).toBeUndefined()
      const { token = '' } = file ?? {}
      for (const one of [server, second, watcher]) expect(one.said()).not.toContain(token)
    },
  )

  it('a run answers every verb, each by itself and once', aMinute, async () => {
    const given = await givenWave()
    await givenServer(given)
    given.changeover('run', given.planFile, '--wave', 'dallas')
    await given.reaches(10)
    const verbs = ['pause', 'pause', 'resume', 'pause', 'resume'] as const
    const asked: { status: number; answer: unknown }[] = []
    for (const verb of verbs) {
      const body = JSON.stringify({ verb, by: 'anna' })
      asked.push(await answers(given, '/v1/runs/dallas/requests', body))
    }

    const granted = { answered: true, granted: true, because: 'granted' }
    const refused = { answered: true, granted: false, because: 'it is paused already, by anna' }
    const expected = [granted, refused, granted, granted, granted]
    expect(asked).toEqual(
      expected.map((answer) => ({ status: 200, answer: expect.objectContaining(answer) })),
    )
    const answered = (await given.journal()).map(({ event }) => event)
    expect(answered.filter(({ kind }) => kind === 'requested')).toEqual(
      verbs.map((verb, index) =>
        expect.objectContaining({ verb, by: 'anna', accepted: expected[index]?.granted }),
      ),
    )
  })

  it(
    'a server that is killed leaves a file that is passed over; a new one goes on, and the watcher sees the end',
    aMinute,
    async () => {
      const given = await givenWave()
      const first = await givenServer(given)
      const watcher = given.changeover('run', given.planFile, '--wave', 'dallas')
      await said(watcher, 'affiliate agents')
      first.signal('SIGKILL')
      await first.ended
      await said(watcher, 'the server is gone')

      const stale = serverOf(given)
      const status = await says(given, 'status')
      const swept = serverOf(given)
      const second = await givenServer(given)

      expect(await watcher.ended, watcher.said().slice(-2000)).toBe(0)
      expect(stale === undefined || stale.pid === first.pid).toBe(true)
      expect(status).toMatchObject({ exit: 0, said: expect.stringContaining('dallas-1') })
      expect(swept).toBeUndefined()
      expect(watcher.said().match(/the server is gone/g)).toHaveLength(1)
      expect(watcher.said()).toContain('the server is back')
      expect(second.said()).toContain('answering at')
    },
  )

  it('answers only with its token, for its own host, and what it can read', aMinute, async () => {
    const given = await givenWave()
    await givenServer(given)
    const json = { 'content-type': 'application/json' }
    const post = (body: string) => asks(given, '/v1/runs', { method: 'POST', headers: json, body })

    expect(await asks(given, '/v1/runs')).toEqual({ status: 200 })
    expect(await asks(given, '/v1/runs', { headers: { authorization: 'Bearer x' } })).toEqual({
      status: 401,
      code: 'http.unauthorised',
    })
    expect(await post('{"planFile"')).toEqual({ status: 400, code: 'http.bad-request' })
    expect(await post(`"${'x'.repeat(70_000)}"`)).toEqual({ status: 413, code: 'http.too-large' })
    expect(await asks(given, '/healthz', { headers: { authorization: '' } })).toEqual({
      status: 200,
    })
    expect(
      await post(JSON.stringify({ planFile: '/nowhere.yaml', wave: 'dallas', by: 'anna' })),
    ).toEqual({ status: 422, code: 'plan.unreadable' })
  })

  it('refuses to be reached from other machines unless told to', aMinute, async () => {
    const given = await givenWave()
    const { exit, said: words } = await says(given, 'serve', '--listen', '0.0.0.0:0')

    expect(exit).toBe(4)
    expect(words).toContain('http.not-loopback')
    expect(serverOf(given)).toBeUndefined()
  })

  it('one of another database is not asked', aMinute, async () => {
    const given = await givenWave()
    const server = await givenServer(given)
    // As if this terminal's DATABASE_URL were another.
    const status = given.changeoverWith({ DATABASE_URL: '' }, 'status')

    expect(await status.ended).toBe(0)
    expect(status.said()).toContain('works on another database')
    expect(status.said()).toContain('no runs yet')
    server.signal('SIGINT')
  })
})

describe('without a server', () => {
  it(
    'Ctrl-C pauses the run in the journal: a server that comes up later does not take it on until resume',
    aMinute,
    async () => {
      const given = await givenWave()
      writeFileSync(fileOf(given), 'not what it should be')
      const terminal = given.changeover('run', given.planFile, '--wave', 'dallas')
      await said(terminal, 'affiliate agents')
      terminal.signal('SIGINT')
      const exit = await terminal.ended
      const stood = await given.journal()

      await givenServer(given)
      await pause(3000)
      const standing = await given.journal()
      const resumed = await says(given, 'resume', 'dallas')
      await given.ends()

      expect(exit, terminal.said().slice(-2000)).toBe(3)
      expect(terminal.said()).toContain('dallas-1 is paused between two steps')
      expect(terminal.said()).toContain('changeover resume dallas-1')
      expect(foldJournal(stood).paused).toBeDefined()
      expect(stood.at(-1)?.event).toMatchObject({
        kind: 'requested',
        verb: 'pause',
        reason: 'Ctrl-C',
        accepted: true,
      })
      expect(standing).toHaveLength(stood.length)
      expect(resumed.exit).toBe(0)
      expect(await given.end()).toMatchObject({ outcome: 'done', journal: 'whole' })
    },
  )

  it('Ctrl-C leaves the run to a server that came up meanwhile', aMinute, async () => {
    const given = await givenWave()
    const terminal = given.changeover('run', given.planFile, '--wave', 'dallas')
    await said(terminal, 'provision trunk')
    await givenServer(given)
    terminal.signal('SIGINT')

    expect(await terminal.ended, terminal.said().slice(-2000)).toBe(3)
    expect(terminal.said()).toMatch(/the server at http:\S+ goes on with it/)
    await given.ends()
    expect(await given.end()).toMatchObject({ outcome: 'done' })
  })
})
