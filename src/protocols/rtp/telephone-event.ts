/** Key presses in the order of their event codes (RFC 4733 §3.2). */
const keys = '0123456789*#ABCD'

/** One packet of a key press (RFC 4733 §2.3). */
export interface TelephoneEvent {
  readonly key: string
  /** The key is let go; the last packets of a press say so, three times. */
  readonly end: boolean
  /** dBm0 without its sign: 0 is loud, 63 is silent. */
  readonly volume: number
  /** Ticks of the clock since the press began. */
  readonly duration: number
}

export const isKey = (text: string) => text.length === 1 && keys.includes(text)

export function formatEvent({ key, end, volume, duration }: TelephoneEvent): Uint8Array {
  return Uint8Array.of(keys.indexOf(key), (end ? 0x80 : 0) | volume, duration >> 8, duration & 0xff)
}

/** Undefined for what is no key (fax tones, flash) or no event. */
export function parseEvent(payload: Uint8Array): TelephoneEvent | undefined {
  const [event = 255, flags = 0, high = 0, low = 0] = payload
  const key = keys[event]
  if (payload.length < 4 || key === undefined) return undefined
  return { key, end: flags >= 0x80, volume: flags & 0x3f, duration: (high << 8) | low }
}
