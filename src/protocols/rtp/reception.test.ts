import { describe, expect, it } from 'vitest'
import type { RtpHeader } from './packet.ts'
import { createRtpReceiver, type RtpArrival } from './reception.ts'

interface Packet extends Partial<RtpHeader>, RtpArrival {}

function received(packets: readonly Packet[]) {
  const receiver = createRtpReceiver()
  for (const { at, clockRate = 8000, isComfortNoise = false, ...header } of packets) {
    receiver.packet(
      { marker: false, payloadType: 8, sequence: 0, timestamp: 0, ssrc: 1, ...header },
      { ...(at === undefined ? {} : { at }), clockRate, isComfortNoise },
    )
  }
  return receiver.reception()
}

/** G.711 each 20 ms, on time. */
const onTime = (sequences: readonly number[]): readonly Packet[] =>
  sequences.map((sequence, index) => ({
    sequence: sequence & 0xffff,
    timestamp: index * 160,
    at: index * 20,
  }))

describe('reception of RTP', () => {
  it.each([
    ['all', [1, 2, 3, 4], { received: 4, expected: 4, lost: 0 }],
    ['a hole', [1, 2, 5, 6], { received: 4, expected: 6, lost: 2 }],
    ['a wrap', [65_534, 65_535, 65_536, 65_537], { expected: 4, lost: 0 }],
    ['a hole over a wrap', [65_534, 65_537], { expected: 4, lost: 2 }],
    ['one twice', [1, 2, 2, 3], { received: 4, expected: 3, lost: -1, duplicates: 1 }],
    ['one late', [1, 3, 2, 4], { expected: 4, lost: 0, reordered: 1, duplicates: 0 }],
    ['one late over a wrap', [65_535, 65_537, 65_536, 65_538], { expected: 4, reordered: 1 }],
    ['one late and twice', [1, 3, 2, 2, 4], { lost: -1, reordered: 1, duplicates: 1 }],
    // RFC 3550 A.1: two in a row far away are a sender that began anew, not 30,000 lost packets.
    ['a restart', [1, 2, 3, 30_000, 30_001, 30_002], { received: 6, expected: 6, lost: 0 }],
    ['one stray number', [1, 2, 3, 30_000, 4, 5], { received: 6, expected: 5, lost: -1 }],
  ])('counts with %s', (_name, sequences, counts) => {
    expect(received(onTime(sequences))).toMatchObject(counts)
  })

  it('has counts over more wraps than one', () => {
    const sequences = Array.from({ length: 150_000 }, (_, index) => index)

    expect(received(onTime(sequences))).toMatchObject({ expected: 150_000, lost: 0 })
  })

  it('estimates jitter as RFC 3550 A.8 does, step by step', () => {
    // 16 ms late, then 16 ms early against it: J = 16/16, then 1 + (16 - 1)/16.
    const { jitter } = received([
      { sequence: 1, timestamp: 0, at: 0 },
      { sequence: 2, timestamp: 160, at: 36 },
      { sequence: 3, timestamp: 320, at: 40 },
    ])

    expect(jitter).toEqual({ least: 1, mean: (1 + 1.9375) / 2, most: 1.9375 })
  })

  it('is not disturbed by a timestamp that wraps', () => {
    const { jitter } = received([
      { sequence: 1, timestamp: 0xffff_ff60, at: 0 },
      { sequence: 2, timestamp: 0, at: 20 },
    ])

    expect(jitter).toEqual({ least: 0, mean: 0, most: 0 })
  })

  it('counts no silence as a gap: neither before a talkspurt nor around comfort noise', () => {
    const { delta } = received([
      { sequence: 1, timestamp: 0, at: 0 },
      { sequence: 2, timestamp: 160, at: 20 },
      { sequence: 3, timestamp: 8160, at: 1020, marker: true },
      { sequence: 4, timestamp: 8320, at: 1040 },
      { sequence: 5, timestamp: 16_320, at: 2040, isComfortNoise: true },
      { sequence: 6, timestamp: 24_320, at: 3040 },
      { sequence: 7, timestamp: 24_480, at: 3061 },
    ])

    expect(delta).toMatchObject({ least: 20, most: 21 })
  })

  it('says nothing of times that nobody has written down, and of jitter without a clock', () => {
    const untimed = received([{ sequence: 1 }, { sequence: 3 }])
    const receiver = createRtpReceiver()
    for (const [sequence, at] of [
      [1, 0],
      [2, 20],
    ] as const) {
      receiver.packet({ marker: false, payloadType: 107, sequence, timestamp: 0, ssrc: 1 }, { at })
    }

    expect(untimed).toEqual({ received: 2, expected: 3, lost: 1, duplicates: 0, reordered: 0 })
    expect(receiver.reception().jitter).toBeUndefined()
    expect(receiver.reception().delta).toEqual({ least: 20, mean: 20, most: 20 })
    expect(createRtpReceiver().reception()).toMatchObject({ received: 0, expected: 0, lost: 0 })
  })
})
