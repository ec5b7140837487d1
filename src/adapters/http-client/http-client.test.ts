import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { epoch } from '../../kernel/authority.ts'
import type { WireClock } from '../../kernel/clock.ts'
import { epochMs, ms } from '../../kernel/units.ts'
import type { HttpRequest, HttpResponse, HttpTransport } from '../../protocols/http/transport.ts'
import {
  createCallMeter,
  createHttpClient,
  createRateBudget,
  type HttpClientOptions,
} from './index.ts'

const start = 1_000_000
const signal = new AbortController().signal
const named = z.object({ name: z.string() })

/** Time passes only by sleeping. */
function steppedClock(): WireClock & { readonly slept: number[] } {
  let now = start
  const slept: number[] = []
  return {
    kind: 'wire',
    slept,
    now: () => epochMs(now),
    sleep: (duration) => {
      slept.push(duration)
      now += duration
      return Promise.resolve()
    },
  }
}

function response(status: number, body: unknown, headers: Record<string, string> = {}) {
  return { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) }
}

/** Gives the answers in turn; the last one for ever. */
function scripted(...answers: readonly (HttpResponse | Error)[]) {
  const asked: HttpRequest[] = []
  const timeouts: number[] = []
  const transport: HttpTransport = (request, { timeout }) => {
    asked.push(request)
    timeouts.push(timeout)
    const answer = answers[Math.min(asked.length, answers.length) - 1]
    return answer instanceof Error || answer === undefined
      ? Promise.reject(answer ?? new Error('no answer'))
      : Promise.resolve(answer)
  }
  return { asked, timeouts, transport }
}

function clientOf(
  transport: HttpTransport,
  wireClock: WireClock,
  more: Partial<HttpClientOptions> = {},
) {
  return createHttpClient({ transport, wireClock, baseUrl: 'https://api.example/v2', ...more })
}

function limitsOf(deadline: number, confirmLease = () => Promise.resolve()) {
  return { signal, deadline: epochMs(start + deadline), epoch: epoch(3), confirmLease }
}

const readWith = (answer: HttpResponse | Error, more: Partial<HttpClientOptions> = {}) =>
  clientOf(scripted(answer).transport, steppedClock(), more).read(
    { path: '/things/1' },
    named,
    signal,
  )

describe('what an answer becomes', () => {
  it.each([
    [response(401, { message: 'no' }), 'platform.unauthorised', '401'],
    [
      response(403, { message: 'missing: telephony:plugin:all', code: 'missing.any.permissions' }),
      'platform.forbidden',
      'telephony:plugin:all',
    ],
    [
      response(403, { code: 'x', messageParams: { permissions: 'routing:queue:edit' } }),
      'platform.forbidden',
      'routing:queue:edit',
    ],
    [response(404, { message: 'nobody' }), 'platform.not-found', 'nobody'],
    [response(409, { message: 'duplicate' }), 'platform.conflict', 'duplicate'],
    [
      response(400, { message: 'The version 3 is stale', code: 'general.conflict' }),
      'platform.conflict',
      'version 3',
    ],
    [response(400, { message: 'bad field' }), 'platform.unexpected-answer', 'bad field'],
    [response(429, {}), 'platform.rate-limited', '429'],
    [response(500, 'oops'), 'platform.unexpected-answer', 'oops'],
    [response(302, ''), 'platform.unexpected-answer', '302'],
    [response(200, { name: 7 }), 'platform.unexpected-answer', 'name'],
    [response(200, '<html>sign in</html>'), 'platform.unexpected-answer', '<html>sign in'],
    [response(200, ''), 'platform.unexpected-answer', 'the body'],
    [new Error('connect ECONNREFUSED'), 'platform.unreachable', 'api.example'],
  ])('%j → %s', async (answer, code, words) => {
    const reading = readWith(answer)

    await expect(reading).rejects.toMatchObject({ code, message: expect.stringContaining(words) })
    await expect(reading).rejects.toThrow('GET /things/1')
  })

  it('keeps status, vendor code and correlation id as details', async () => {
    const answer = response(500, { code: 'boom' }, { 'inin-correlation-id': 'c-1' })

    await expect(readWith(answer)).rejects.toMatchObject({
      details: { status: 500, vendorCode: 'boom', correlation: 'c-1' },
    })
  })

  it.each([
    response(500, { access_token: 'hunter2', nested: { sip_password: { value: 'hunter2' } } }),
    response(500, 'Authorization: Bearer hunter2'),
    response(500, '{"client_secret":"hunter2" …broken'),
    response(400, { message: 'secret hunter2 is wrong' }),
    new Error('cannot send hunter2'),
    response(403, { messageParams: { permissions: 'hunter2' }, code: 'hunter2' }),
  ])('promise 10: no secret in an error, %#', async (answer) => {
    const error = await readWith(answer, { secrets: ['hunter2'] }).catch((thrown) => thrown)

    expect(error.code).toMatch(/^platform\./)
    expect(`${error.message} ${JSON.stringify(error.details)}`).not.toContain('hunter2')
  })

  const echo = (header: string) =>
    `Invalid key=value pair (missing equal-sign) in Authorization header: '${header}'.`

  it.each([
    response(400, { message: echo('Bearer swordfish') }),
    response(500, { errors: [{ note: echo('Basic c3dvcmQ6swordfish==') }] }),
    response(200, { name: 7, note: 'access_token=swordfish' }),
    new Error(echo('Bearer swordfish')),
  ])(
    'promise 10: no header that a gateway echoes, though nobody named its value, %#',
    async (answer) => {
      const error = await readWith(answer).catch((thrown) => thrown)

      expect(error.code).toMatch(/^platform\./)
      expect(`${error.message} ${JSON.stringify(error.details)}`).not.toContain('swordfish')
    },
  )

  it('promise 10: no token that was given for this very call, wherever it is echoed', async () => {
    const given: string[] = []
    const authorise = {
      headers: () => {
        given.push('swordfish')
        return Promise.resolve({ authorization: 'Bearer swordfish' })
      },
      refused: () => false,
      secrets: () => given,
    }

    const error = await readWith(response(400, { message: 'swordfish?' }), { authorise }).catch(
      (thrown) => thrown,
    )

    expect(error.message).toContain('[redacted]?')
  })

  it('blanks members named like secrets even if their value is unknown', async () => {
    const answer = response(500, { password: 'swordfish', note: 'seen' })

    const error = await readWith(answer).catch((thrown) => thrown)

    expect(error.message).toContain('seen')
    expect(error.message).not.toContain('swordfish')
  })
})

describe('waiting', () => {
  const limited = (seconds: string) => response(429, {}, { 'retry-after': seconds })

  it('waits out a Retry-After that fits, then asks again', async () => {
    const clock = steppedClock()
    const { transport, asked } = scripted(limited('2'), response(200, { name: 'a' }))

    const found = await clientOf(transport, clock).read({ path: '/x' }, named, signal)

    expect(found).toEqual({ name: 'a' })
    expect(clock.slept).toEqual([2000])
    expect(asked).toHaveLength(2)
  })

  it('waits for a vendor in the vendor’s time, and judges by the wire’s whether it fits', async () => {
    const wireClock = steppedClock()
    const vendorClock = steppedClock()
    const { transport } = scripted(limited('2'), response(200, { name: 'a' }), limited('40'))
    const client = clientOf(transport, wireClock, { vendorClock })

    await client.read({ path: '/x' }, named, signal)
    const tooLong = client.read({ path: '/x' }, named, signal)

    await expect(tooLong).rejects.toMatchObject({ details: { retryAfterMs: 40_000 } })
    expect(vendorClock.slept).toEqual([2000])
    expect(wireClock.slept).toEqual([])
  })

  it('reads a Retry-After that is a date', async () => {
    const clock = steppedClock()
    const date = new Date(start + 5000).toUTCString()
    const { transport } = scripted(limited(date), response(200, { name: 'a' }))

    await clientOf(transport, clock).read({ path: '/x' }, named, signal)

    expect(clock.slept).toEqual([5000])
  })

  it('says how long when the wait does not fit the deadline', async () => {
    const clock = steppedClock()
    const { transport, asked } = scripted(limited('60'))
    const call = { method: 'PUT', path: '/x' } as const

    const writing = clientOf(transport, clock).write(call, named, limitsOf(20_000))

    await expect(writing).rejects.toMatchObject({
      code: 'platform.rate-limited',
      details: { retryAfterMs: 60_000 },
    })
    expect(clock.slept).toEqual([])
    expect(asked).toHaveLength(1)
  })

  it('never repeats a request that failed otherwise', async () => {
    const { transport, asked } = scripted(response(503, ''))

    await expect(
      clientOf(transport, steppedClock()).read({ path: '/x' }, named, signal),
    ).rejects.toMatchObject({ code: 'platform.unexpected-answer' })
    expect(asked).toHaveLength(1)
  })

  it('keeps a minute within the budget', async () => {
    const clock = steppedClock()
    const { transport, asked } = scripted(response(200, { name: 'a' }))
    const client = clientOf(transport, clock, { budget: createRateBudget(clock, 300) })

    while (clock.now() < start + 60_000) await client.read({ path: '/x' }, named, signal)

    expect(asked.length).toBeLessThanOrEqual(301)
    expect(asked.length).toBeGreaterThan(250)
  })

  it('heeds what the answers say is left', async () => {
    const clock = steppedClock()
    const headers = {
      'inin-ratelimit-count': '300',
      'inin-ratelimit-allowed': '300',
      'inin-ratelimit-reset': '7',
    }
    const { transport } = scripted(response(200, { name: 'a' }, headers))
    const client = clientOf(transport, clock, { budget: createRateBudget(clock, 300) })

    await client.read({ path: '/x' }, named, signal)
    await client.read({ path: '/x' }, named, signal)

    expect(clock.slept).toEqual([7000])
  })
})

describe('M api_error_rate', () => {
  const version = { message: 'version is stale' }
  it.each<readonly [string, readonly (HttpResponse | Error)[], readonly string[]]>([
    ['an answer', [response(200, { name: 'a' })], ['ok']],
    ['no answer', [new Error('reset')], ['failed']],
    ['a 500', [response(500, '')], ['failed']],
    ['an unexpected 400', [response(400, '')], ['failed']],
    ['a 403', [response(403, '')], ['failed']],
    ['a 200 that is none', [response(200, '<html>')], ['failed']],
    ['something that is not there', [response(404, '')], ['ok']],
    ['somebody who was faster', [response(409, '')], ['ok']],
    ['a stale version', [response(400, version)], ['ok']],
    ['a 429 without a word', [response(429, '')], ['failed']],
    [
      'a 429 that says when',
      [response(429, '', { 'retry-after': '1' }), response(200, { name: 'a' })],
      ['limited', 'ok'],
    ],
  ])('counts %s', async (_, answers, fates) => {
    const seen: string[] = []
    const onCall = (fate: string) => seen.push(fate)
    const client = clientOf(scripted(...answers).transport, steppedClock(), { onCall })

    await client.read({ path: '/x' }, named, signal).catch(() => undefined)

    expect(seen).toEqual(fates)
  })

  it('keeps them by far side and time, from its start on', () => {
    let now = 1_000_000
    const clock = { ...steppedClock(), now: () => epochMs(now) }
    const meter = createCallMeter(clock)
    for (const fate of ['ok', 'failed', 'limited'] as const) meter.countFor('cloud')(fate)
    now += 60_000
    meter.countFor('cloud')('ok')
    meter.countFor('crm')('failed')
    const count = (name: string, from: number) => meter.count(name, epochMs(from), epochMs(now + 1))

    expect(meter.since).toBe(1_000_000)
    expect(count('cloud', 0)).toEqual({ total: 3, failed: 1, limited: 1 })
    expect(count('cloud', now - 30_000)).toEqual({ total: 1, failed: 0, limited: 0 })
    expect(count('crm', 0)).toEqual({ total: 1, failed: 1, limited: 0 })
    expect(count('pbx', 0)).toEqual({ total: 0, failed: 0, limited: 0 })
  })
})

describe('a budget that the platform tells of', () => {
  it('lets most of a window go at once and spreads its last fifth', () => {
    const clock = steppedClock()
    const budget = createRateBudget(clock, 300)
    budget.learn({ count: 0, allowed: 100, resetIn: 60 })
    const waits: number[] = []

    for (let call = 0; call < 100; call += 1) {
      for (let wait = budget.take(); wait > 0; wait = budget.take()) {
        waits.push(wait)
        void clock.sleep(wait)
      }
    }

    expect(waits).toHaveLength(19)
    expect(clock.now()).toBeLessThanOrEqual(start + 60_000)
    expect(Math.min(...waits)).toBeGreaterThan(2500)
  })

  it('opens again with the next window', () => {
    const clock = steppedClock()
    const budget = createRateBudget(clock, 300)
    budget.learn({ count: 100, allowed: 100, resetIn: 9 })

    expect(budget.take()).toBe(9000)
    void clock.sleep(ms(9000))

    expect(budget.take()).toBe(0)
  })
})

describe('a write', () => {
  const call = { method: 'PUT', path: '/x', body: { a: 1 } } as const

  it('confirms the lease immediately before each request leaves', async () => {
    const order: string[] = []
    const { transport } = scripted(
      response(429, {}, { 'retry-after': '1' }),
      response(200, { name: 'a' }),
    )
    const noting: HttpTransport = (request, options) => {
      order.push('sent')
      return transport(request, options)
    }
    const limits = limitsOf(20_000, () => {
      order.push('lease')
      return Promise.resolve()
    })

    await clientOf(noting, steppedClock()).write(call, named, limits)

    expect(order).toEqual(['lease', 'sent', 'lease', 'sent'])
  })

  it('sends nothing once the lease is lost', async () => {
    const { transport, asked } = scripted(response(200, { name: 'a' }))
    const lost = new Error('lease lost')

    const writing = clientOf(transport, steppedClock()).write(
      call,
      named,
      limitsOf(1000, () => Promise.reject(lost)),
    )

    await expect(writing).rejects.toBe(lost)
    expect(asked).toHaveLength(0)
  })

  it('ends inside its deadline, and is not sent after it', async () => {
    const { transport, timeouts } = scripted(response(200, { name: 'a' }))
    const client = clientOf(transport, steppedClock())

    await client.write(call, named, limitsOf(1500))
    const late = client.write(call, named, limitsOf(0))

    await expect(late).rejects.toMatchObject({ code: 'platform.unreachable' })
    expect(timeouts).toEqual([1500])
  })

  it('passes the reason of an abort on as it is', async () => {
    const stopping = new AbortController()
    const reason = new Error('paused')
    const transport: HttpTransport = () => {
      stopping.abort(reason)
      return Promise.reject(new Error('socket closed'))
    }

    const writing = clientOf(transport, steppedClock()).write(call, named, {
      ...limitsOf(1000),
      signal: stopping.signal,
    })

    await expect(writing).rejects.toBe(reason)
  })

  it('sends JSON, headers in lower case, and repeats query members that are lists', async () => {
    const { transport, asked } = scripted(response(200, { name: 'a' }))
    const query = { id: ['1', '2'], none: undefined, name: 'a b' }

    await clientOf(transport, steppedClock()).write({ ...call, query }, named, limitsOf(1000))

    expect(asked[0]).toEqual({
      method: 'PUT',
      url: 'https://api.example/v2/x?id=1&id=2&name=a+b',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: '{"a":1}',
    })
  })
})

describe('signing in', () => {
  const signIn = () => {
    let current = 1
    let asked = 0
    return {
      asked: () => asked,
      headers: () => {
        asked += 1
        return Promise.resolve({ authorization: `Bearer t${current}` })
      },
      refused: () => {
        current += 1
        return true
      },
    }
  }

  it('renews refused credentials once', async () => {
    const { transport, asked } = scripted(response(401, {}), response(200, { name: 'a' }))

    await clientOf(transport, steppedClock(), { authorise: signIn() }).read(
      { path: '/x' },
      named,
      signal,
    )

    expect(asked.map(({ headers }) => headers['authorization'])).toEqual(['Bearer t1', 'Bearer t2'])
  })

  it('gives up when the new ones are refused too', async () => {
    const { transport, asked } = scripted(response(401, {}))

    const reading = clientOf(transport, steppedClock(), { authorise: signIn() }).read(
      { path: '/x' },
      named,
      signal,
    )

    await expect(reading).rejects.toMatchObject({ code: 'platform.unauthorised' })
    expect(asked).toHaveLength(2)
  })
})

it('waits at most as long as a read may take', async () => {
  const clock = steppedClock()
  const { transport } = scripted(response(429, {}, { 'retry-after': '4' }))

  const reading = clientOf(transport, clock, { readPatience: ms(10_000) }).read(
    { path: '/x' },
    named,
    signal,
  )

  await expect(reading).rejects.toMatchObject({ code: 'platform.rate-limited' })
  expect(clock.slept).toEqual([4000, 4000])
})
