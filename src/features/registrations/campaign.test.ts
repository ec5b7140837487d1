import { describe, expect, it } from 'vitest'
import { passTimeUntil, virtualClocks } from '../../../test/support/virtual.ts'
import { createRandom } from '../../kernel/random.ts'
import { type Milliseconds, ms } from '../../kernel/units.ts'
import { runCampaign } from './campaign.ts'
import type { CampaignPorts, CampaignProgress, CampaignSettings } from './campaign-state.ts'
import type { RegisteringAgent, RegisterOutcome, Registrar, RequestPart } from './ports.ts'
import { guideRegistration } from './settings.ts'

interface Request {
  readonly at: number
  readonly part: RequestPart
  readonly address: string
  readonly expires: number
}

type Answer = RegisterOutcome & { readonly takes?: number }

const granted = (expires: Milliseconds): Answer => ({ kind: 'registered', granted: expires })
const refused = (status: number, more: object = {}): Answer => ({
  kind: 'refused',
  status,
  reason: 'No',
  ...more,
})

/** A registrar that wants digest proofs, and answers the request with the proof as it is told. */
function world(answer: (request: Request, nth: number) => Answer | Promise<Answer>) {
  const { time, wireClock } = virtualClocks()
  const began = time.now()
  const requests: Request[] = []
  const seen: CampaignProgress[] = []
  const times = new Map<string, number>()
  const statusOf = (outcome: RegisterOutcome) => {
    if (outcome.kind === 'silent') return undefined
    return outcome.kind === 'refused' ? outcome.status : 200
  }
  const registrar: Registrar = {
    async register(agent, { expires, meter }) {
      const parts: readonly RequestPart[] = agent.credentials ? ['first', 'proof'] : ['first']
      for (const part of parts) {
        const sent = await meter.permit(part)
        const { address } = agent
        const request = { at: time.now() - began, part, address, expires }
        requests.push(request)
        if (part !== parts.at(-1)) {
          await time.sleep(ms(20))
          sent.ended(401)
          continue
        }
        const nth = (times.get(address) ?? 0) + 1
        times.set(address, nth)
        const { takes = 20, ...outcome } = await answer(request, nth)
        for (const wait of repetitions(takes)) void time.sleep(ms(wait)).then(meter.repeated)
        await time.sleep(ms(takes))
        sent.ended(statusOf(outcome))
        return outcome
      }
      throw new Error('no part was the last')
    },
  }
  const abort = new AbortController()
  const run = (
    agents: readonly RegisteringAgent[],
    settings: Partial<CampaignSettings> = {},
    ports: Partial<CampaignPorts> = {},
  ) =>
    passTimeUntil(
      time,
      runCampaign(
        agents,
        { ...guideRegistration, once: true, keep: true, ...settings },
        {
          registrar,
          wireClock,
          random: createRandom(7),
          signal: abort.signal,
          onProgress: (progress) => seen.push(progress),
          ...ports,
        },
      ),
    )
  return { run, requests, seen, abort, time, began }
}

/** When a transaction on UDP repeats itself that waits so long (T1 500 ms, doubled up to 4 s). */
function repetitions(takes: number): readonly number[] {
  return [500, 1500, 3500, 7500, 11_500, 15_500].filter((at) => at < takes)
}

function agents(count: number, secret = true): readonly RegisteringAgent[] {
  const credentials = { username: 'u', password: 'p' }
  return Array.from({ length: count }, (_, nth) => ({
    address: `sip:${nth}@acme.example`,
    ...(secret ? { credentials } : {}),
  }))
}

/** The most requests in any second, wherever it begins. */
function peakOf(requests: readonly Request[]): number {
  let end = 0
  return requests.reduce((most, { at }, index) => {
    while (end < requests.length && (requests[end]?.at ?? 0) < at + 1000) end += 1
    return Math.max(most, end - index)
  }, 0)
}
const sum = (counts: object) =>
  Object.values(counts).reduce((all: number, count: number) => all + count, 0)

describe('a campaign', () => {
  it('H5.1 D13 registers 5,000 agents at 200/s with digests: peak within 5 %, one expiry later too', async () => {
    const { run, requests, seen } = world(({ expires }) => granted(ms(expires)))
    const hour = 3_600_000

    const report = await run(agents(5000), { once: false, lasts: ms(2 * hour) })

    expect(report).toMatchObject({ end: 'time', counts: { registered: 5000, pending: 0 } })
    expect(peakOf(requests)).toBeLessThanOrEqual(210)
    expect(report.peak).toBe(peakOf(requests))
    // All there after what the budget takes for 10,000 requests, and little more.
    const all = seen.find(({ counts }) => counts.registered === 5000)
    expect(all?.elapsed).toBeLessThan(60_000)
    // One expiry later: everybody again, and no echo of the burst.
    const echo = requests.filter(({ at }) => at > 0.4 * hour)
    expect(new Set(echo.map(({ address }) => address)).size).toBe(5000)
    expect(peakOf(echo)).toBeLessThan(40)
    expect(seen.every(({ counts }) => sum(counts) === 5000)).toBe(true)
  }, 120_000)

  it('H5.1 staggers few agents by the guide’s 2 to 5 s, though the budget would take them at once', async () => {
    const { run, requests } = world(({ expires }) => granted(ms(expires)))

    await run(agents(40, false))

    const starts = requests.map(({ at }) => at)
    expect(Math.min(...starts)).toBeGreaterThanOrEqual(2000)
    expect(Math.max(...starts)).toBeLessThanOrEqual(5100)
    expect(Math.max(...starts) - Math.min(...starts)).toBeGreaterThan(2000)
  })

  it('D13 spreads the beginnings over N / rate: who is asked again does not wait behind all others', async () => {
    const least = ms(7_200_000)
    const isBrief = (address: string) => /^sip:\d+00@/.test(address)
    const { run, requests } = world(({ address, expires }) =>
      isBrief(address) && expires < least
        ? refused(423, { minExpires: least })
        : granted(ms(expires)),
    )

    await run(agents(2000))

    const ofBrief = requests.filter(({ address }) => isBrief(address))
    const waits = ofBrief
      .filter(({ part, expires }) => part === 'first' && expires === least)
      .map(({ at, address }) => {
        const before = ofBrief.filter((one) => one.address === address && one.at < at)
        return at - (before.at(-1)?.at ?? 0)
      })
    expect(waits.length).toBe(19)
    expect(Math.max(...waits)).toBeLessThan(4000)
  })

  it('H5.1 halves the rate while the registrar is slow, and gives it back', async () => {
    let free = 0
    // From 20 s to 60 s it does 60 requests a second, one after the other.
    const { run, seen, requests } = world(({ at }) => {
      const each = at > 20_000 && at < 60_000 ? 1000 / 60 : 1
      free = Math.max(free, at) + each
      return { ...granted(ms(3_600_000)), takes: free - at + 10 }
    })

    const report = await run(agents(10_000, false), { rate: 200, keep: true })

    expect(report.counts.registered).toBe(10_000)
    const during = seen.filter(({ elapsed }) => elapsed > 30_000 && elapsed < 60_000)
    const mean = during.reduce((all, { requests: now }) => all + now, 0) / during.length
    expect(mean).toBeLessThan(80)
    expect(report.lowestBudget).toBeLessThanOrEqual(50)
    expect(report.lowestBudget).toBeGreaterThanOrEqual(10)
    expect(seen.every(({ budget }) => budget <= 200)).toBe(true)
    expect(
      Math.max(...seen.filter(({ elapsed }) => elapsed > 75_000).map((one) => one.budget)),
    ).toBe(200)
    expect(peakOf(requests)).toBeLessThanOrEqual(210)
  }, 60_000)

  it('D13 counts repetitions in: a registrar that stalls does not get the double', async () => {
    const { run, seen } = world(({ at, expires }) => ({
      ...granted(ms(expires)),
      takes: at > 8000 && at < 14_000 ? 14_000 - at + 20 : 20,
    }))

    const report = await run(agents(3000, false))

    expect(report.repeated).toBeGreaterThan(200)
    expect(report.peak).toBeLessThanOrEqual(220)
    expect(Math.max(...seen.map(({ requests }) => requests))).toBeLessThanOrEqual(report.peak)
    expect(report.counts.registered).toBe(3000)
  })

  it('H5.1 backs off from 503 under the registrar’s own limit until everybody is in', async () => {
    let second = 0
    let taken = 0
    const { run, requests } = world(({ at, expires }) => {
      if (Math.floor(at / 1000) !== second) [second, taken] = [Math.floor(at / 1000), 0]
      taken += 1
      return taken > 30 ? refused(503, { retryAfter: ms(2000) }) : granted(ms(expires))
    })

    const report = await run(agents(500), { rate: 200 })

    expect(report).toMatchObject({ end: 'settled', counts: { registered: 500 } })
    expect(report.lowestBudget).toBeLessThan(100)
    // Each was told to stay away at most a few times: 500 answers would do, 5 times as many would not.
    expect(requests.length).toBeLessThan(4 * 500)
  })

  it('D8 each answer for what it means: who is in, who is tried again, who is given up', async () => {
    const answers: Readonly<Record<string, (expires: number, nth: number) => Answer>> = {
      'sip:0@acme.example': (_, nth) => (nth === 1 ? refused(487) : granted(ms(60_000))),
      'sip:1@acme.example': (expires) =>
        expires < 7_200_000 ? refused(423, { minExpires: ms(7_200_000) }) : granted(ms(expires)),
      'sip:2@acme.example': () => refused(403),
      'sip:3@acme.example': () => ({ kind: 'unproved', because: 'credentials-refused' }),
      'sip:4@acme.example': (_, nth) => (nth < 4 ? refused(408) : granted(ms(60_000))),
      'sip:5@acme.example': () => refused(480),
    }
    const { run, requests, seen } = world(
      ({ address, expires }, nth) => answers[address]?.(expires, nth) ?? granted(ms(expires)),
    )

    const report = await run(agents(7), { lasts: ms(60_000) })

    expect(report).toMatchObject({
      end: 'time',
      counts: { registered: 4, givenUp: 2, retrying: 1, pending: 0 },
    })
    expect(report.left).toEqual([
      { address: 'sip:2@acme.example', state: 'givenUp', because: '403 No' },
      {
        address: 'sip:3@acme.example',
        state: 'givenUp',
        because: expect.stringContaining('wrong'),
      },
      { address: 'sip:5@acme.example', state: 'retrying', because: '480 No' },
    ])
    expect(requests.filter(({ address }) => address === 'sip:2@acme.example')).toHaveLength(2)
    expect(seen.every(({ counts }) => sum(counts) === 7)).toBe(true)
  })

  it('a registration that ran out is none: it is not counted as one', async () => {
    const { run, seen } = world((_, nth) => (nth === 1 ? granted(ms(60_000)) : refused(503)))

    const report = await run(agents(3), { once: false, lasts: ms(120_000) })

    expect(seen.find(({ elapsed }) => elapsed === 20_000)?.counts.registered).toBe(3)
    expect(report.counts).toMatchObject({ registered: 0, retrying: 3 })
  })

  it('stops at once when it is told to, and takes back what may be registered', async () => {
    const { run, requests, abort, time, began } = world(({ expires }) => granted(ms(expires)))
    void time.sleep(ms(10_000)).then(() => abort.abort())

    const report = await run(agents(5000), { keep: false })

    expect(report.end).toBe('interrupted')
    const registered = requests.filter(({ expires, at }) => expires > 0 && at > 10_000)
    expect(registered).toEqual([])
    const taken = requests.filter(({ expires }) => expires === 0)
    expect(report.takenBack).toBe(taken.length / 2)
    expect(report.takenBack).toBeGreaterThanOrEqual(report.counts.registered)
    expect(peakOf(requests)).toBeLessThanOrEqual(210)
    expect(time.now() - began).toBeLessThan(40_000)
    expect(sum(report.counts)).toBe(5000)
  })

  it('ends as unreachable when the first is given up and nothing was ever answered', async () => {
    const { run, requests } = world(() => ({ kind: 'silent', because: 'no answer', takes: 32_000 }))

    const report = await run(agents(1000, false), { rate: 50 })

    expect(report).toMatchObject({ end: 'unreachable', counts: { registered: 0 }, answered: 0 })
    expect(requests.at(-1)?.at).toBeLessThan(40_000)
    // Nobody answers: the budget goes down before the first transaction has ended.
    expect(report.lowestBudget).toBeLessThan(10)
  })

  it('ends when nobody is left to be registered', async () => {
    const { run } = world(() => refused(404))

    const report = await run(agents(5), { once: false })

    expect(report).toMatchObject({ end: 'settled', counts: { givenUp: 5 } })
  })
})
