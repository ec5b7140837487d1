import { encodeG711, type G711Law, samplesPerSecond } from './g711.ts'
import { formatRtpPacket } from './packet.ts'
import { formatEvent } from './telephone-event.ts'
import { sine, type TonePair } from './tone.ts'

/** Milliseconds of voice in a packet, what every gateway takes. */
export const packetMs = 20
const samplesPerPacket = (samplesPerSecond * packetMs) / 1000

/** What the far side has agreed to take. */
export interface AgreedAudio {
  readonly law: G711Law
  readonly payloadType: number
  /** Payload type of key presses; absent where they are not taken. */
  readonly events?: number
}

export interface OutgoingAudio {
  /** The packet of the next 20 ms. */
  next(): Uint8Array
  /** Presses keys from the next packet on, after those that are still to be pressed. */
  press(digits: string): void
  /** Whether keys are still to be pressed. */
  pressing(): boolean
  readonly sent: () => {
    readonly packets: number
    readonly octets: number
    readonly timestamp: number
  }
}

const level = -12
/** One tone, silence, the other, silence: told from any tone that somebody else holds, and from another caller's. */
const packetsOfTone = 10
/** A press, the three packets that end it, and the pause to the next (RFC 4733 §2.5.1.4; 100 ms is heard everywhere). */
const press = { packets: 5, endings: 3, pause: 5 } as const
const pressVolume = 10

/** One source of RTP: a tone that comes and goes, and key presses in between. Its numbers begin by chance. */
export function createOutgoingAudio(
  { law, payloadType, events }: AgreedAudio,
  begin: {
    readonly tones: TonePair
    readonly ssrc: number
    readonly sequence: number
    readonly timestamp: number
  },
): OutgoingAudio {
  let index = 0
  let octets = 0
  const waiting: string[] = []
  let pressed: { readonly key: string; readonly timestamp: number; packet: number } | undefined
  const timestampAt = (packet: number) => (begin.timestamp + packet * samplesPerPacket) >>> 0
  const format = (
    of: { marker: boolean; payloadType: number; timestamp: number },
    payload: Uint8Array,
  ) => {
    const { ssrc } = begin
    octets += payload.length
    return formatRtpPacket({ ...of, ssrc, sequence: (begin.sequence + index) & 0xffff, payload })
  }
  const voice = () => {
    const burst = Math.floor(index / packetsOfTone) % 4
    const at = { start: index * samplesPerPacket, count: samplesPerPacket }
    const samples =
      burst % 2 === 1
        ? new Int16Array(samplesPerPacket)
        : sine(begin.tones[burst === 0 ? 0 : 1], level, at)
    const timestamp = timestampAt(index)
    return format({ marker: index === 0, payloadType, timestamp }, encodeG711(law, samples))
  }
  /** The packet of a press under way; undefined in the pause after it, and when there is none. */
  const keyPacket = (type: number): Uint8Array | undefined => {
    if (pressed === undefined) {
      const key = waiting.shift()
      if (key === undefined) return undefined
      pressed = { key, timestamp: timestampAt(index), packet: 0 }
    }
    const { key, timestamp, packet } = pressed
    pressed.packet += 1
    if (packet === press.packets + press.endings + press.pause) pressed = undefined
    if (packet >= press.packets + press.endings) return undefined
    const duration = Math.min(packet + 1, press.packets) * samplesPerPacket
    const event = { key, end: packet >= press.packets, volume: pressVolume, duration }
    return format({ marker: packet === 0, payloadType: type, timestamp }, formatEvent(event))
  }
  return {
    next() {
      const packet = (events === undefined ? undefined : keyPacket(events)) ?? voice()
      index += 1
      return packet
    },
    press: (digits) => void waiting.push(...digits),
    pressing: () => events !== undefined && (waiting.length > 0 || pressed !== undefined),
    sent: () => ({ packets: index, octets, timestamp: timestampAt(index) }),
  }
}
