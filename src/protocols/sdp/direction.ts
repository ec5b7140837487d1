import {
  attributeValue,
  connectionOf,
  type SdpAttribute,
  type SdpMedia,
  type SessionDescription,
} from './description.ts'

/** Which way media flows, as seen by who wrote the description. */
export const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const
export type Direction = (typeof directions)[number]

/** What may be answered to each direction (RFC 3264 §6.1). */
export const allowedAnswers = {
  sendrecv: ['sendrecv', 'sendonly', 'recvonly', 'inactive'],
  sendonly: ['recvonly', 'inactive'],
  recvonly: ['sendonly', 'inactive'],
  inactive: ['inactive'],
} as const satisfies Record<Direction, readonly Direction[]>

/** The stream's own direction, else the session's, else both ways. */
export function directionOf(description: SessionDescription, media: SdpMedia): Direction {
  return directionIn(media.attributes) ?? directionIn(description.attributes) ?? 'sendrecv'
}

function directionIn(attributes: readonly SdpAttribute[]): Direction | undefined {
  return directions.find((direction) => attributeValue({ attributes }, direction) !== undefined)
}

/** The most of what is wanted that answers an offer. */
export function answerDirection(offered: Direction, wanted: Direction): Direction {
  const sends = (one: Direction) => one === 'sendrecv' || one === 'sendonly'
  const receives = (one: Direction) => one === 'sendrecv' || one === 'recvonly'
  const send = sends(wanted) && receives(offered)
  const receive = receives(wanted) && sends(offered)
  if (send) return receive ? 'sendrecv' : 'sendonly'
  return receive ? 'recvonly' : 'inactive'
}

/** How a stream is put on hold: by its direction (RFC 3264 §8.4), or by the address of RFC 2543; undefined when it isn't. */
export function holdOf(
  description: SessionDescription,
  media: SdpMedia,
): 'direction' | 'address' | undefined {
  const connection = connectionOf(description, media)
  if (connection !== undefined && isNowhere(connection.address)) return 'address'
  const direction = directionOf(description, media)
  return direction === 'sendonly' || direction === 'inactive' ? 'direction' : undefined
}

/** `0.0.0.0`, and what stands for it in IPv6 (RFC 6157 §5.1). */
function isNowhere(address: string): boolean {
  return address === '0.0.0.0' || address === '::' || address.endsWith('.invalid')
}
