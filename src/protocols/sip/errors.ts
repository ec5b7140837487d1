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

/**
 * A port of ours could not be opened for SIP: somebody has it, or it takes rights that this process has not.
 *
 * To do: stop the other program, or give another port; below 1024 give this process the right (`CAP_NET_BIND_SERVICE`).
 */
export class SipPortError extends ChangeoverError {
  readonly code = 'sip.port-taken'
  readonly remedy = 'operator'
}

/**
 * No DNS record leads from a SIP URI to an address (RFC 3263).
 *
 * To do: compare the name with the gateway's documentation, and the records with the zone's provider; a port in the URI asks for no SRV record.
 */
export class SipNameUnknownError extends ChangeoverError {
  readonly code = 'sip.name-unknown'
  readonly remedy = 'operator'
}

/**
 * The DNS servers that were asked for a SIP domain did not answer, or refused to.
 *
 * To do: see whether the resolver is reached from here, or name another (`--resolver`).
 */
export class SipNameUnansweredError extends ChangeoverError {
  readonly code = 'sip.name-unanswered'
  readonly remedy = 'retry'
}
