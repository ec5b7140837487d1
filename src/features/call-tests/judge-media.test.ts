import { describe, expect, it } from 'vitest'
import { ms } from '../../kernel/units.ts'
import type { HeardStream } from '../../protocols/rtp/incoming-audio.ts'
import type { FarReport, MediaFindings } from '../../protocols/rtp/media-session.ts'
import { judgeCall } from './judge-call.ts'
import { judgeMedia } from './judge-media.ts'
import type { SipProbe, TestCallAnswer } from './ports.ts'
import { type SweptNumber, sweepNumbers } from './sweep.ts'

const voice: HeardStream = {
  ssrc: 1,
  from: { host: '192.0.2.1', port: 4000 },
  payloadType: 0,
  codec: 'PCMU',
  reception: {
    received: 200,
    expected: 200,
    lost: 0,
    duplicates: 0,
    reordered: 0,
    jitter: { least: 0, mean: 1, most: 2 },
  },
  loudest: -15,
  voiced: 150,
  echoed: 0,
  keys: '',
}
const silence: HeardStream = { ...voice, loudest: -60, voiced: 0 }
const report: FarReport = { reports: 2, lost: 1, worstLoss: 0.01, jitterMs: 1, roundTripMs: 80 }
const findings = (more: Partial<MediaFindings>): MediaFindings => ({
  sent: { packets: 200, octets: 32_000 },
  heard: [],
  unheardReports: 0,
  ...more,
})

describe('whether audio goes both ways', () => {
  it.each<[string, Partial<MediaFindings>, string, string]>([
    [
      'a voice, and their report of ours',
      { heard: [voice], farReport: report },
      'both-ways',
      'report',
    ],
    ['our own tones come back', { heard: [{ ...voice, echoed: 40 }] }, 'both-ways', 'echo'],
    ['a voice, and nothing about ours', { heard: [voice] }, 'unproved', 'unproved'],
    ['a voice, and reports without ours', { heard: [voice], unheardReports: 1 }, 'one-way', 'lost'],
    [
      'a voice, and most of ours lost',
      { heard: [voice], farReport: { ...report, worstLoss: 0.5 } },
      'one-way',
      'lost',
    ],
    ['nothing heard, though ours arrives', { farReport: report }, 'one-way', 'report'],
    [
      'packets without a voice, ours arrives',
      { heard: [silence], farReport: report },
      'one-way',
      'report',
    ],
    ['nothing at all', {}, 'no-media', 'unproved'],
    ['packets without a voice', { heard: [silence] }, 'no-media', 'unproved'],
    [
      'a few packets of ours by chance',
      { heard: [{ ...voice, echoed: 4 }] },
      'unproved',
      'unproved',
    ],
  ])('H1.2 %s', (_what, more, verdict, reach) => {
    expect(judgeMedia(findings(more))).toMatchObject({ verdict, reach })
  })

  it('B3.2 is as good as loss, jitter and delay leave it; of G.722 nothing is said', () => {
    const reception = { ...voice.reception, received: 190, lost: 10 }
    const good = judgeMedia(findings({ heard: [voice], farReport: report })).quality
    const bad = judgeMedia(findings({ heard: [{ ...voice, reception }] })).quality
    const wide = judgeMedia(findings({ heard: [{ ...voice, codec: 'G722' }] })).quality

    expect(good).toMatchObject({ loss: 0, jitterMs: 1, delayMs: 80 })
    expect(good?.mos).toBeGreaterThan(4.3)
    expect(bad?.loss).toBe(0.05)
    expect(bad?.mos).toBeLessThan(4)
    expect(wide).toBeUndefined()
  })
})

const answered: TestCallAnswer = {
  kind: 'answered',
  callId: 'c',
  firstResponse: ms(10),
  answer: ms(20),
  contactHost: '192.0.2.1',
  server: 'Cloud/2',
  codec: 'PCMU',
}

describe('what a test call proves', () => {
  it.each<[string, TestCallAnswer, string]>([
    ['silence', { kind: 'silent', because: 'no answer' }, 'wrong'],
    ['a refusal', { kind: 'refused', callId: 'c', status: 486, reason: 'Busy Here' }, 'wrong'],
    ['an answer, media not asked for', answered, 'right'],
    ['both ways', { ...answered, media: findings({ heard: [voice], farReport: report }) }, 'right'],
    ['heard, unproved', { ...answered, media: findings({ heard: [voice] }) }, 'unproved'],
    ['nothing heard', { ...answered, media: findings({}) }, 'wrong'],
  ])('X6 %s', (_what, answer, verdict) => {
    expect(judgeCall(answer, {}).verdict).toBe(verdict)
  })

  it('X6 somebody else who answers outranks good audio', () => {
    const media = findings({ heard: [voice], farReport: report })

    expect(judgeCall({ ...answered, media }, { server: 'cloud', host: '192.0.2.1' }).verdict).toBe(
      'right',
    )
    expect(judgeCall({ ...answered, media }, { server: 'pbx' })).toMatchObject({
      verdict: 'wrong',
      because: 'answered by Cloud/2 at 192.0.2.1, not by pbx',
    })
  })
})

describe('a sweep', () => {
  it('B4.3 calls each number once, no more at a time than was said, each with its nonce', async () => {
    let underWay = 0
    let most = 0
    const nonces: string[] = []
    const sip: Pick<SipProbe, 'call'> = {
      async call({ number, nonce }) {
        nonces.push(nonce)
        underWay += 1
        most = Math.max(most, underWay)
        await new Promise((resolve) => setImmediate(resolve))
        underWay -= 1
        return number === '7' ? { kind: 'silent', because: 'no answer' } : answered
      },
    }
    const plan = {
      target: { host: 'x', port: 5060, transport: 'udp' },
      numbers: Array.from({ length: 12 }, (_, index) => String(index)),
      call: { caller: 'c' },
      nonce: 'n',
      expected: {},
      atOnce: 3,
    } as const
    const swept: SweptNumber[] = []
    for await (const one of sweepNumbers({ sip }, plan, new AbortController().signal))
      swept.push(one)

    expect(most).toBe(3)
    expect(new Set(nonces).size).toBe(12)
    expect(swept.map(({ number }) => number).toSorted()).toEqual(plan.numbers.toSorted())
    expect(swept.filter(({ verdict }) => verdict === 'wrong').map(({ number }) => number)).toEqual([
      '7',
    ])
  })
})
