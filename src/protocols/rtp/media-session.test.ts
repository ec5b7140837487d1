import { describe, expect, it } from 'vitest'
import { passTimeUntil, virtualClocks } from '../../../test/support/virtual.ts'
import { createRandom } from '../../kernel/random.ts'
import { ms } from '../../kernel/units.ts'
import { createMediaSession, type MediaFindings } from './media-session.ts'
import { formatRtpPacket, parseRtpPacket } from './packet.ts'
import type { MediaAddress, MediaTransport } from './transport.ts'

type Listener = Parameters<MediaTransport['onPacket']>[0]
type Side = 'ours' | 'theirs'

/** Which packet of a side does not arrive; `nth` counts its packets of RTP. */
type Loss = (side: Side, nth: number) => boolean

/** Two ends of one virtual wire that takes 30 ms each way. */
function wire(loss: Loss = () => false) {
  const { time, wireClock } = virtualClocks()
  const ends: Record<Side, MediaAddress> = {
    ours: { host: '192.0.2.1', port: 10_000 },
    theirs: { host: '192.0.2.2', port: 20_000 },
  }
  const listeners: Record<Side, Set<Listener>> = { ours: new Set(), theirs: new Set() }
  const open = (side: Side): MediaTransport => {
    const other = side === 'ours' ? 'theirs' : 'ours'
    let nth = 0
    return {
      local: ends[side],
      async send(packet) {
        nth += 1
        if (loss(side, nth)) return
        void wireClock.sleep(ms(30)).then(() => {
          for (const listener of listeners[other]) listener(packet, ends[side], wireClock.now())
        })
        await Promise.resolve()
      },
      onPacket(listener) {
        listeners[side].add(listener)
        return () => listeners[side].delete(listener)
      },
      close: async () => undefined,
    }
  }
  return { time, wireClock, ends, open, listeners }
}

const audio = { law: 'PCMU', payloadType: 0, events: 101 } as const

/** Both sides talk for six seconds; ours may press keys. */
async function talk(loss?: Loss, digits = ''): Promise<Record<Side, MediaFindings>> {
  const { time, wireClock, ends, open } = wire(loss)
  const session = (side: Side, seed: number) =>
    createMediaSession({
      transport: open(side),
      wireClock,
      random: createRandom(seed),
      events: 101,
    })
  const ours = session('ours', 1)
  const theirs = session('theirs', 3)
  const work = async () => {
    ours.begin(ends.theirs, audio)
    theirs.begin(ends.ours, { ...audio, law: 'PCMA', payloadType: 8 })
    await Promise.all([ours.press(digits), wireClock.sleep(ms(6000))])
    return { ours: await ours.end(), theirs: await theirs.end() }
  }
  return await passTimeUntil(time, work())
}

describe('media of a call', () => {
  it('H1.2 is heard and reported at both ends, with its round trip', async () => {
    const { ours, theirs } = await talk()

    expect(ours.sent.packets).toBeGreaterThanOrEqual(300)
    const [heard] = ours.heard
    expect(heard).toMatchObject({ codec: 'PCMA', echoed: 0, keys: '' })
    expect(heard?.reception).toMatchObject({ lost: 0, duplicates: 0, reordered: 0 })
    expect(heard?.loudest).toBeCloseTo(-12, 0)
    // A tone of 200 ms, and as much silence.
    expect(heard?.voiced).toBeGreaterThan(140)
    expect(heard?.voiced).toBeLessThan(160)
    expect(ours.farReport).toMatchObject({ lost: 0, worstLoss: 0 })
    expect(ours.farReport?.roundTripMs).toBeCloseTo(60, 0)
    expect(theirs.heard).toMatchObject([{ codec: 'PCMU' }])
  })

  it('H1.2 tells loss on the way to us from loss on the way to them', async () => {
    const { ours } = await talk((side, nth) => side === 'ours' && nth % 10 === 0)

    expect(ours.heard[0]?.reception.lost).toBe(0)
    expect(ours.farReport?.lost).toBeGreaterThan(15)
    expect(ours.farReport?.worstLoss).toBeCloseTo(0.1, 1)
  })

  it('H1.2 that never reaches them is missing in their reports', async () => {
    const { ours, theirs } = await talk((side) => side === 'ours')

    expect(ours.heard[0]?.voiced).toBeGreaterThan(100)
    expect(ours.farReport).toBeUndefined()
    expect(ours.unheardReports).toBeGreaterThan(0)
    expect(theirs.heard).toEqual([])
  })

  it('X6 presses keys that are heard once each', async () => {
    const { theirs } = await talk(undefined, '12#4')

    expect(theirs.heard[0]?.keys).toBe('12#4')
    expect(theirs.heard[0]?.reception.lost).toBe(0)
  })

  it('knows its own tone when it comes back', async () => {
    const { time, wireClock, ends, open, listeners } = wire()
    const session = createMediaSession({
      transport: open('ours'),
      wireClock,
      random: createRandom(5),
    })
    listeners.theirs.add((packet) => {
      for (const listener of listeners.ours) listener(packet, ends.theirs, wireClock.now())
    })
    const work = async () => {
      session.begin(ends.theirs, audio)
      await wireClock.sleep(ms(2000))
      return await session.end()
    }

    const { heard } = await passTimeUntil(time, work())

    expect(heard[0]?.echoed).toBeGreaterThan(30)
    expect(heard[0]?.voiced).toBeGreaterThanOrEqual(heard[0]?.echoed ?? 0)
  })

  it('listens to the first sources of a flood, and ends as it would without', async () => {
    const { time, wireClock, ends, open, listeners } = wire()
    const session = createMediaSession({
      transport: open('ours'),
      wireClock,
      random: createRandom(5),
    })
    session.begin(ends.theirs, audio)
    for (let ssrc = 0; ssrc < 500; ssrc += 1) {
      const packet = {
        marker: false,
        payloadType: 0,
        sequence: 1,
        timestamp: 1,
        ssrc,
        payload: new Uint8Array(160),
      }
      for (const listener of listeners.ours)
        listener(formatRtpPacket(packet), ends.theirs, wireClock.now())
    }

    const { heard } = await passTimeUntil(time, session.end())

    expect(heard).toHaveLength(32)
  })

  it('H1.2 counts from the answer on: what rang before is nobody’s voice', async () => {
    const { time, wireClock, ends, open, listeners } = wire()
    const session = createMediaSession({
      transport: open('ours'),
      wireClock,
      random: createRandom(5),
    })
    const ringback = {
      marker: false,
      payloadType: 0,
      sequence: 1,
      timestamp: 1,
      ssrc: 9,
      payload: new Uint8Array(160),
    }
    for (const listener of listeners.ours)
      listener(formatRtpPacket(ringback), ends.theirs, wireClock.now())
    session.begin(ends.theirs, audio)

    expect((await passTimeUntil(time, session.end())).heard).toEqual([])
  })

  it('passes over what is no media', async () => {
    const { time, wireClock, ends, open, listeners } = wire()
    const session = createMediaSession({
      transport: open('ours'),
      wireClock,
      random: createRandom(5),
    })
    for (const bytes of [
      Uint8Array.of(),
      Uint8Array.of(1, 2, 3),
      new TextEncoder().encode('STUN?'),
    ])
      for (const listener of listeners.ours) listener(bytes, ends.theirs, wireClock.now())

    const found = await passTimeUntil(time, session.end())

    expect(found).toEqual({ sent: { packets: 0, octets: 0 }, heard: [], unheardReports: 0 })
  })

  it('sends numbers and timestamps in step, the first one marked', async () => {
    const { time, wireClock, ends, open, listeners } = wire()
    const session = createMediaSession({
      transport: open('ours'),
      wireClock,
      random: createRandom(5),
    })
    const packets: Uint8Array[] = []
    listeners.theirs.add((packet) => void packets.push(packet))
    const work = async () => {
      session.begin(ends.theirs, audio)
      await wireClock.sleep(ms(205))
      await session.end()
      await wireClock.sleep(ms(100))
    }
    await passTimeUntil(time, work())

    const parsed = packets.map(parseRtpPacket)
    const [first] = parsed
    expect(parsed).toHaveLength(11)
    expect(parsed.map(({ marker }) => marker)).toEqual([
      true,
      ...Array.from({ length: 10 }, () => false),
    ])
    expect(parsed.map(({ sequence }) => sequence - (first?.sequence ?? 0))).toEqual(
      parsed.map((_, index) => index),
    )
    expect(parsed.map(({ timestamp }) => (timestamp - (first?.timestamp ?? 0)) >>> 0)).toEqual(
      parsed.map((_, index) => index * 160),
    )
  })
})
