import { describe, expect, it } from 'vitest'
import { passTimeUntil, virtualClocks } from '../../../test/support/virtual.ts'
import { ms } from '../../kernel/units.ts'
import type { OptionsAnswer } from '../call-tests/index.ts'
import { guideThresholds, type HealthState, nextHealth, noHealth } from './health.ts'
import { guideLimits, judgeProbe, type ProbeLevel } from './judge-probe.ts'
import { type ProbeCheck, probeTarget } from './probe-target.ts'
import { summarise } from './summary.ts'

const answered = (status: number, roundTrip = 10): OptionsAnswer => ({
  kind: 'answered',
  status,
  reason: 'Said',
  roundTrip: ms(roundTrip),
  server: '',
})
const silent: OptionsAnswer = { kind: 'silent', because: 'no answer within 5000 ms' }

describe('one check', () => {
  it.each<[string, OptionsAnswer, ProbeLevel]>([
    ['200 in time', answered(200, 150), 'up'],
    ['200 after more than 150 ms', answered(200, 150.5), 'degraded'],
    ['silence', silent, 'down'],
    ['503', answered(503), 'down'],
    ['a refusal', answered(403), 'down'],
  ])('F1.1 %s', (_what, answer, level) => {
    expect(judgeProbe(answer, guideLimits).level).toBe(level)
  })

  it('a refusal that is said to be this gateway’s way counts', () => {
    const limits = { ...guideLimits, alive: ['2xx', '404'] }

    expect(judgeProbe(answered(404), limits).level).toBe('up')
    expect(judgeProbe(answered(405), limits).level).toBe('down')
  })
})

describe('health', () => {
  const stateAfter = (levels: string, thresholds = guideThresholds): HealthState => {
    const names = { u: 'up', g: 'degraded', d: 'down' } as const
    const known = [...levels].flatMap((letter) =>
      Object.entries(names).filter(([key]) => key === letter),
    )
    return known.reduce((state, [, level]) => nextHealth(state, level, thresholds), noHealth)
  }

  it.each([
    ['', 'unknown'],
    ['u', 'unknown'],
    ['uu', 'up'],
    ['dd', 'unknown'],
    ['ddd', 'down'],
    ['uudd', 'up'],
    ['uuddd', 'down'],
    ['dddu', 'down'],
    ['ddduu', 'up'],
    ['dddudud', 'down'],
    ['dddgg', 'degraded'],
    ['uugg', 'up'],
    ['uuggg', 'degraded'],
    ['uuggd', 'degraded'],
    ['uugggddd', 'down'],
    ['uugggug', 'degraded'],
    ['uuggguu', 'up'],
  ])('G3.1 F1.1 three for the worse and two for the better: %s is %s', (levels, health) => {
    expect(stateAfter(levels).health).toBe(health)
  })

  it('takes other thresholds', () => {
    expect(stateAfter('uud', { failures: 1, recoveries: 2 }).health).toBe('down')
  })

  it('H1.2 flaps when it goes and comes twice within twenty checks, and no longer when that is past', () => {
    expect(stateAfter('uuduuduu').flapping).toBe(true)
    expect(stateAfter('uudduuuu').flapping).toBe(false)
    expect(stateAfter(`uuduuduu${'u'.repeat(20)}`).flapping).toBe(false)
  })
})

describe('round trips of many', () => {
  it('are counted in buckets, by nearest rank, without those that had no answer', () => {
    const trips = [...Array.from({ length: 98 }, (_, index) => 10 + index * 0.1), 160, 900]
    const summary = summarise([silent, ...trips.map((trip) => answered(200, trip))])

    expect(summary).toMatchObject({ sent: 101, answered: 100 })
    expect(summary.roundTrips).toMatchObject({ least: 10, p50: 14.9, p99: 160, most: 900 })
    expect(summary.roundTrips?.histogram).toEqual([
      { upTo: 10, count: 1 },
      { upTo: 20, count: 97 },
      { upTo: 50, count: 0 },
      { upTo: 100, count: 0 },
      { upTo: 150, count: 0 },
      { upTo: 200, count: 1 },
      { upTo: 500, count: 0 },
      { upTo: 1000, count: 1 },
    ])
    expect(summarise([silent])).toEqual({ sent: 1, answered: 0 })
  })
})

describe('a gateway that is watched', () => {
  const target = { host: '192.0.2.1', port: 5060, transport: 'udp' } as const
  const settings = { ...guideLimits, ...guideThresholds, interval: ms(30_000) }

  function watching(answers: readonly OptionsAnswer[], takes = 0, count?: number) {
    const { time, wireClock } = virtualClocks()
    const stop = new AbortController()
    const left = [...answers]
    const sip = {
      async options() {
        if (takes > 0) await wireClock.sleep(ms(takes))
        const answer = left.shift()
        if (answer === undefined) throw new Error('asked once too often')
        if (left.length === 0 && count === undefined) stop.abort()
        return answer
      },
    }
    const checks: ProbeCheck[] = []
    const began = time.now()
    const work = async () => {
      const more = count === undefined ? {} : { count }
      const ports = { sip, wireClock, signal: stop.signal }
      for await (const check of probeTarget(target, { ...settings, ...more }, ports))
        checks.push(check)
      return checks.map(({ at, state }) => `${(at - began) / 1000} ${state.health}`)
    }
    return passTimeUntil(time, work())
  }

  it('G3.1 is asked every 30 s, as often as was said', async () => {
    const found = await watching([silent, silent, silent, answered(200), answered(200)], 0, 5)

    expect(found).toEqual(['0 unknown', '30 unknown', '60 down', '90 down', '120 up'])
  })

  it('is asked later where a check takes longer than the interval, and until it is stopped', async () => {
    const found = await watching([answered(200), answered(200)], 40_000)

    expect(found).toEqual(['0 unknown', '40 up'])
  })
})
