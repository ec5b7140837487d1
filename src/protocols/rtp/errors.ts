import { ChangeoverError } from '../../kernel/errors.ts'

/**
 * Bytes that came where media was expected are no RTP packet, or a packet can't be written as it was asked for.
 *
 * To do: nothing, when it is a stray packet; when it stays, capture the port and look at what else sends to it.
 */
export class RtpFormatError extends ChangeoverError {
  readonly code = 'rtp.malformed-packet'
  readonly remedy = 'operator'
}

/**
 * No port for media could be opened on this machine: all of the range are taken, or the address is none of ours.
 *
 * To do: end what else holds them, or give another range.
 */
export class RtpPortError extends ChangeoverError {
  readonly code = 'rtp.port-taken'
  readonly remedy = 'operator'
}
