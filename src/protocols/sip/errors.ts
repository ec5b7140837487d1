import { ChangeoverError } from '../../kernel/errors.ts'

/**
 * Bytes that came over a socket are no SIP message, or one whose core headers can't be read.
 *
 * To do: nothing, when it is a stray packet; when a gateway does it with every message, capture one and ask its vendor.
 */
export class SipFormatError extends ChangeoverError {
  readonly code = 'sip.malformed-message'
  readonly remedy = 'operator'
  /** What a server answers: 400, or 505 for another version of SIP. */
  readonly status: 400 | 505

  constructor(
    problem: string,
    options: { text?: string; status?: 400 | 505; cause?: unknown } = {},
  ) {
    super(`SIP message refused: ${problem}`, {
      details: options.text === undefined ? {} : { text: options.text.slice(0, 120) },
      cause: options.cause,
    })
    this.status = options.status ?? 400
  }
}

/**
 * A SIP message could not be handed to the network: nobody listens there, or there is no way to it.
 *
 * To do: check the address and the firewall between here and the gateway, then try again.
 */
export class SipTransportError extends ChangeoverError {
  readonly code = 'sip.transport-failed'
  readonly remedy = 'retry'
}
