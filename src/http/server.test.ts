import type { FastifyInstance, InjectOptions } from 'fastify'
import { describe, expect, it } from 'vitest'
import { ChangeoverError } from '../kernel/errors.ts'
import type { Answer, AskRun } from './contract/request.ts'
import { routes } from './contract/routes.ts'
import type { Run } from './contract/run.ts'
import { createDeskClient } from './desk-client.ts'
import type { RunDesk } from './ports.ts'
import { createApi, serveApi } from './server.ts'

const token = 'a-token-that-nobody-guesses'
const closing = new AbortController().signal

class DeskError extends ChangeoverError {
  readonly code = 'engine.run-not-found'
  readonly remedy = 'operator'
}

const notAsked = () => Promise.reject(new DeskError('there is no run austin'))

/** A desk that has no runs, unless a test says otherwise. */
const emptyDesk: RunDesk = {
  list: () => Promise.resolve([]),
  show: notAsked,
  journal: notAsked,
  start: notAsked,
  ask: notAsked,
  async *follow() {},
}

const shown: Run = {
  ...{ run: 'dallas-1', runbook: { kind: 'wave', name: 'dallas', plan: 'acme' }, by: 'anna' },
  ...{ createdAt: 0, now: 0, direction: 'forward', entries: 3, head: 'a', timeToSafeMs: 0 },
  ...{ overrides: [], steps: [], open: [] },
}

function givenApi(desk: Partial<RunDesk> = {}, isReady = true) {
  const reported: unknown[] = []
  const facts = { version: '0.1.0', pid: 1, startedAt: 0, database: 'embedded' }
  const parts = {
    ...{ desk: { ...emptyDesk, ...desk }, verbs: ['pause', 'resume'], token, facts },
    isReady: () => Promise.resolve(isReady),
    report: (thrown: unknown) => void reported.push(thrown),
  }
  return { api: createApi(parts, '127.0.0.1', closing), parts, reported }
}

const authorization = `Bearer ${token}`

async function asks(api: FastifyInstance, request: InjectOptions) {
  const headers = { host: '127.0.0.1:4000', authorization, ...request.headers }
  const response = await api.inject({ method: 'GET', ...request, headers })
  return { status: response.statusCode, body: response.json() }
}

const post = (payload: unknown, headers: Record<string, string> = {}): InjectOptions => ({
  method: 'POST',
  url: '/v1/runs/dallas/requests',
  headers: { 'content-type': 'application/json', ...headers },
  payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
})

const pause = { verb: 'pause', by: 'anna' }

describe('who is let in', () => {
  it.each(['', 'Bearer', 'Bearer wrong', `Bearer ${token}x`, `Basic ${token}`])(
    'with the header "%s" nobody is',
    async (header) => {
      const { api } = givenApi()
      const { status, body } = await asks(api, {
        url: '/v1/runs',
        headers: { authorization: header },
      })

      expect(status).toBe(401)
      expect(body.error.code).toBe('http.unauthorised')
      expect(JSON.stringify(body)).not.toContain(token)
    },
  )

  it('whoever has no token learns nothing of which routes there are', async () => {
    const { api } = givenApi()

    const { status } = await asks(api, { url: '/v1/nowhere', headers: { authorization: '' } })

    expect(status).toBe(401)
  })

  it.each(['evil.example', 'evil.example:4000', '127.0.0.1.evil.example', '[::1'])(
    'a request for the host "%s" is not answered, token or not: DNS rebinding',
    async (host) => {
      const { api } = givenApi()
      const { status, body } = await asks(api, { url: '/healthz', headers: { host } })

      expect(status).toBe(421)
      expect(body.error.code).toBe('http.wrong-host')
    },
  )

  it.each(['127.0.0.1', '127.0.0.1:4000', 'localhost:4000', '[::1]:4000'])(
    'one for %s is',
    async (host) => {
      const { api } = givenApi()

      expect((await asks(api, { url: '/v1/runs', headers: { host } })).status).toBe(200)
    },
  )

  it.each(['0.0.0.0', '10.0.0.5', 'server.example', '::'])(
    'does not listen at %s unless told to in so many words',
    async (host) => {
      const { parts } = givenApi()

      await expect(serveApi(parts, { host, port: 0, exposed: false })).rejects.toMatchObject({
        code: 'http.not-loopback',
      })
    },
  )
})

describe('health', () => {
  it('needs no token, and says whether the database answers', async () => {
    const request = { url: '/healthz', headers: { authorization: '' } }

    expect(await asks(givenApi().api, request)).toEqual({ status: 200, body: { status: 'ready' } })
    expect(await asks(givenApi({}, false).api, request)).toEqual({
      status: 503,
      body: { status: 'not-ready' },
    })
  })
})

describe('what can’t be used', () => {
  it.each([
    ['half a body', post('{"verb": "pause"'), 400, 'http.bad-request'],
    ['no body', post(''), 400, 'http.bad-request'],
    ['another type', post('verb=pause', { 'content-type': 'text/plain' }), 400, 'http.bad-request'],
    ['a list', post('[]'), 400, 'http.bad-request'],
    ['no name of who asks', post({ verb: 'pause' }), 400, 'http.bad-request'],
    ['a field that nobody knows', post({ ...pause, force: true }), 400, 'http.bad-request'],
    ['a verb that nobody knows', post({ ...pause, verb: 'explode' }), 400, 'http.bad-request'],
    ['64 kB', post({ ...pause, reason: 'x'.repeat(70_000) }), 413, 'http.too-large'],
    ['an unknown route', { url: '/v2/runs' }, 404, 'http.not-found'],
    ['an unknown run', { url: '/v1/runs/austin' }, 404, 'engine.run-not-found'],
  ] as const)('%s', async (_, request, status, code) => {
    const { api, reported } = givenApi()

    const answer = await asks(api, request)

    expect([answer.status, answer.body.error.code]).toEqual([status, code])
    expect(reported).toEqual([])
  })

  it('says where, and does not repeat what was sent', async () => {
    const { api } = givenApi()
    const sent = { planFile: 'relative/secret-name.yaml', wave: '', by: 'anna' }

    const { body } = await asks(api, { ...post(sent), url: '/v1/runs' })

    expect(body.error.details.problems).toEqual([
      'planFile: not an absolute path',
      expect.stringMatching(/^wave: /),
    ])
    expect(JSON.stringify(body)).not.toContain('secret-name')
  })

  it('what goes wrong here is told to whoever runs the server, and not to the caller', async () => {
    const bug = new Error('hunter2')
    const { api, reported } = givenApi({ list: () => Promise.reject(bug) })

    const { status, body } = await asks(api, { url: '/v1/runs' })

    expect(status).toBe(500)
    expect(JSON.stringify(body)).not.toContain('hunter2')
    expect(reported).toEqual([bug])
  })
})

describe('a request to a run', () => {
  it('is passed on as it was made, and answered as the run answers', async () => {
    const asked: [string, AskRun][] = []
    const refused: Answer = { answered: true, run: 'dallas-1', granted: false, because: 'no' }
    const { api } = givenApi({
      ask(name, wish) {
        asked.push([name, wish])
        return Promise.resolve(refused)
      },
    })
    const wish = { ...pause, reason: 'look', secondPerson: 'ben' }

    expect(await asks(api, post(wish))).toEqual({ status: 200, body: refused })
    expect(asked).toEqual([['dallas', wish]])
  })

  it('that nobody has answered yet is accepted, and no more', async () => {
    const open: Answer = { answered: false, run: 'dallas-1', request: '7' }
    const { api } = givenApi({ ask: () => Promise.resolve(open) })

    expect(await asks(api, post(pause))).toEqual({ status: 202, body: open })
  })
})

describe('a server that is closed', () => {
  const entry = {
    ...{ run: 'dallas-1', seq: 4, at: 0, event: { kind: 'waiting' } },
    ...{ previousHash: 'a', hash: 'b' },
  }
  const news = { entry, timeToSafeMs: 1000 }

  it('ends the streams of those who watch, and is gone at once', async () => {
    const { parts } = givenApi({
      show: () => Promise.resolve({ ...shown, run: 'dallas-1' }),
      async *follow(_, after, signal) {
        yield { ...news, entry: { ...entry, seq: after + 1 } }
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
    })
    const server = await serveApi(parts, { host: '127.0.0.1', port: 0, exposed: false })
    const client = createDeskClient({ url: server.url, token })

    const seen: number[] = []
    const began = performance.now()
    for await (const { entry: one } of client.follow('dallas', 3, new AbortController().signal)) {
      seen.push(one.seq)
      void server.close()
    }

    expect(seen).toEqual([4])
    expect(performance.now() - began).toBeLessThan(1500)
    await expect(client.list()).rejects.toMatchObject({ code: 'http.server-unreachable' })
  })
})

it('an error that a server answered with says which server it was', async () => {
  const start = notAsked
  const server = await serveApi(givenApi({ start }).parts, {
    ...{ host: '127.0.0.1', port: 0, exposed: false },
  })
  const client = createDeskClient({ url: server.url, token })

  const answer = client.start({ planFile: '/plan.yaml', wave: 'dallas', by: 'anna' })

  await expect(answer).rejects.toMatchObject({ details: { server: server.url } })
  await server.close()
})

it('the contract lists every route, and no other', async () => {
  const { api } = givenApi()
  const listed = Object.values(routes).map(({ method, path }) => [method, path])
  const printed = api.printRoutes({ commonPrefix: false }).match(/GET|POST/g) ?? []

  for (const [method = '', url = ''] of listed) {
    expect([url, api.hasRoute({ method: method === 'GET' ? 'GET' : 'POST', url })]).toEqual([
      url,
      true,
    ])
  }
  expect(printed).toHaveLength(listed.length)
})
