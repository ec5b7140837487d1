import { describe, expect, it } from 'vitest'
import { ethernet, ip, syn, tcp, u16, udp, udpPacket } from '../../../test/support/write-capture.ts'
import { linkTypes } from './link-layer.ts'
import { createPacketReader, type TransportPacket } from './read-packet.ts'

const payload = Uint8Array.of(1, 2, 3, 4, 5)
const packet = { from: '10.1.2.3', to: '10.9.8.7', dscp: 46, ports: [4000, 5004], payload } as const
const v4 = udpPacket(packet)
const v6 = udpPacket({ ...packet, from: '2001:db8::1', to: '2001:db8::2' })

function reader() {
  const reader = createPacketReader()
  let number = 0
  return {
    passedOver: reader.passedOver,
    read(linkType: number, bytes: Uint8Array, originalLength = bytes.length) {
      number += 1
      return reader.read({ number, linkType, bytes, originalLength })
    },
  }
}

const read = (linkType: number, bytes: Uint8Array) => reader().read(linkType, bytes)

const joined = (...parts: (readonly number[] | Uint8Array)[]) =>
  Uint8Array.from(parts.flatMap((part) => [...part]))
const zeros = (count: number) => new Array<number>(count).fill(0)

const expected = {
  kind: 'udp',
  source: '10.1.2.3',
  sourcePort: 4000,
  destination: '10.9.8.7',
  destinationPort: 5004,
  dscp: 46,
  payload,
}

describe('a frame down to UDP', () => {
  it.each<readonly [string, number, Uint8Array]>([
    ['Ethernet', linkTypes.ethernet, ethernet(v4)],
    ['Ethernet with padding', linkTypes.ethernet, joined(ethernet(v4), zeros(13))],
    ['VLAN', linkTypes.ethernet, ethernet(v4, [0x8100])],
    ['QinQ', linkTypes.ethernet, ethernet(v4, [0x88a8, 0x8100])],
    [
      'PPPoE',
      linkTypes.ethernet,
      joined(zeros(12), u16(0x8864), [0x11, 0, 0, 1], u16(v4.length + 2), u16(0x21), v4),
    ],
    [
      'MPLS with two labels',
      linkTypes.ethernet,
      joined(zeros(12), u16(0x8847), [0, 1, 0, 64], [0, 2, 1, 64], v4),
    ],
    ['Linux cooked', linkTypes.sll, joined(zeros(14), u16(0x0800), v4)],
    ['Linux cooked 2', linkTypes.sll2, joined(u16(0x0800), zeros(18), v4)],
    ['loopback, little-endian', linkTypes.null, joined([2, 0, 0, 0], v4)],
    ['loopback, big-endian', linkTypes.loop, joined([0, 0, 0, 2], v4)],
    ['raw IP', linkTypes.raw, v4],
    ['IP in IP', linkTypes.raw, ip({ ...packet, dscp: 0, protocol: 4, payload: v4 })],
  ])('H1.3 is read over %s', (_name, linkType, bytes) => {
    expect(read(linkType, bytes)).toMatchObject(expected)
  })

  it.each<readonly [string, Uint8Array]>([
    ['plain', v6],
    ['6in4', ip({ ...packet, protocol: 41, payload: v6 })],
    [
      // Hop-by-hop of 8 bytes, destination options of 8, authentication of 12: their lengths count differently.
      'with extension headers',
      ip({
        ...packet,
        from: '2001:db8::1',
        to: '2001:db8::2',
        protocol: 0,
        payload: joined(
          [60, 0, ...zeros(6)],
          [51, 0, ...zeros(6)],
          [17, 1, ...zeros(10)],
          udp(packet),
        ),
      }),
    ],
  ])('H1.3 is read over IPv6 %s', (_name, bytes) => {
    const sound = { ...expected, source: '2001:db8::1', destination: '2001:db8::2' }
    expect(read(linkTypes.raw, bytes)).toMatchObject(sound)
  })

  it('H1.3 has the DSCP of its own header, all six bits', () => {
    for (const dscp of [0, 1, 10, 24, 40, 46, 63]) {
      expect(read(linkTypes.raw, udpPacket({ ...packet, dscp }))?.dscp).toBe(dscp)
      const six = { ...packet, dscp, from: '::1', to: '::2' }
      expect(read(linkTypes.raw, udpPacket(six))?.dscp).toBe(dscp)
    }
  })

  it('says what a snap length has cut', () => {
    const frame = ethernet(v4)

    const found = reader().read(
      linkTypes.ethernet,
      frame.subarray(0, frame.length - 2),
      frame.length,
    )

    expect(found).toMatchObject({ isCut: true, payload: payload.subarray(0, 3) })
  })

  it('reads TCP with its number and marks', () => {
    const segment = tcp({ ports: [1, 2], payload }, { sequence: 0xffff_fff0, flags: syn })

    expect(read(linkTypes.raw, ip({ ...packet, protocol: 6, payload: segment }))).toMatchObject({
      kind: 'tcp',
      sequence: 0xffff_fff0,
      isSyn: true,
      isReset: false,
      payload,
    })
  })

  it('H1.3 takes nothing for payload that only fills the frame up', () => {
    const fill = zeros(6)
    const segment = tcp({ ports: [1, 2], payload: new Uint8Array() }, { sequence: 1 })
    const frame = joined(ethernet(ip({ ...packet, protocol: 6, payload: segment })), fill)
    const datagram = ip({ ...packet, protocol: 17, payload: joined(udp(packet), fill) })

    expect(read(linkTypes.ethernet, frame)?.payload).toHaveLength(0)
    expect(read(linkTypes.raw, datagram)?.payload).toEqual(payload)
  })

  it('counts what it passes over', () => {
    const { read, passedOver } = reader()
    read(147, v4)
    read(linkTypes.ethernet, joined(zeros(12), u16(0x0806), zeros(28)))
    read(linkTypes.raw, ip({ ...packet, protocol: 1, payload }))
    read(linkTypes.raw, v4.subarray(0, 15))
    read(linkTypes.raw, ip({ ...packet, protocol: 17, payload: Uint8Array.of(1, 2, 3) }))
    read(linkTypes.raw, ip({ ...packet, protocol: 6, payload }))

    expect(passedOver()).toEqual({
      unknownLinks: new Map([[147, 1]]),
      other: 2,
      malformed: 3,
      incomplete: 0,
    })
  })
})

describe('a packet in fragments', () => {
  const long = Uint8Array.from({ length: 3000 }, (_, index) => index & 0xff)
  const whole = udp({ ...packet, payload: long })
  const part = (offset: number, end: number, id = 7) =>
    ip({
      ...packet,
      dscp: offset === 0 ? 40 : 0,
      protocol: 17,
      payload: whole.subarray(offset, end),
      fragment: { id, offset, more: end < whole.length },
    })
  const pieces = [part(0, 1480), part(1480, 2960), part(2960, whole.length)]

  it.each([[[0, 1, 2]], [[2, 1, 0]], [[1, 2, 1, 0]], [[0, 0, 2, 1]]])(
    'H1.3 is whole when the last has come, marked as its first: %j',
    (order) => {
      const { read, passedOver } = reader()

      const found = order.map((index) => read(linkTypes.raw, pieces[index] ?? v4))

      const last: Partial<TransportPacket> = { dscp: 40, payload: long, sourcePort: 4000 }
      expect(found.at(-1)).toMatchObject(last)
      expect(found.slice(0, -1)).toEqual(new Array(order.length - 1).fill(undefined))
      expect(passedOver().incomplete).toBe(0)
    },
  )

  it('H1.3 over IPv6 too', () => {
    const six = (offset: number, end: number) =>
      ip({
        ...packet,
        from: '::1',
        to: '::2',
        protocol: 44,
        payload: joined(
          [17, 0, ...u16(offset | (end < whole.length ? 1 : 0)), 0, 0, 0, 9],
          whole.subarray(offset, end),
        ),
      })
    const { read } = reader()

    expect(read(linkTypes.raw, six(1448, whole.length))).toBeUndefined()
    expect(read(linkTypes.raw, six(0, 1448))).toMatchObject({ source: '::1', payload: long })
  })

  it('H1.3 is not mixed with an older one of the same id that was never whole', () => {
    const { read } = reader()
    const older = udp({ ...packet, payload: new Uint8Array(3000).fill(255) })
    const fields = { ...packet, protocol: 17, payload: older.subarray(0, 1480) }
    read(linkTypes.raw, ip({ ...fields, fragment: { id: 7, offset: 0, more: true } }))

    const found = pieces.map((piece) => read(linkTypes.raw, piece))

    expect(found.at(-1)).toMatchObject({ payload: long })
  })

  it('H1.3 of which one never comes is counted, and does not fill the memory', () => {
    const { read, passedOver } = reader()
    for (let id = 0; id < 5000; id += 1) read(linkTypes.raw, part(0, 1480, id))
    for (let again = 0; again < 200; again += 1) read(linkTypes.raw, part(1480, 2960, 60_000))

    // One more of the repeated ones may be open again.
    expect(passedOver().incomplete).toBeGreaterThanOrEqual(5001)
    expect(read(linkTypes.raw, v4)).toMatchObject(expected)
  })
})
