import { ChangeoverError } from '../../kernel/errors.ts'

/**
 * The far side took the connection, and its TLS handshake did not end in time.
 *
 * To do: see whether the port speaks TLS at all, and whether a firewall between here and there looks into it.
 */
export class SipTlsStalledError extends ChangeoverError {
  readonly code = 'sip.tls-stalled'
  readonly remedy = 'retry'
}

/**
 * The gateway's certificate has expired, or is not valid yet.
 *
 * To do: have it renewed before any call depends on it; when it looks valid to you, compare this machine's clock.
 */
export class SipCertificateExpiredError extends ChangeoverError {
  readonly code = 'sip.certificate-expired'
  readonly remedy = 'operator'
}

/**
 * The gateway's certificate is somebody else's: it doesn't hold the name under which the gateway was called (RFC 5922 §4).
 *
 * To do: call the gateway by a name that its certificate holds, or give that name (`--server-name`); else find out who answers there.
 */
export class SipCertificateNameError extends ChangeoverError {
  readonly code = 'sip.certificate-wrong-name'
  readonly remedy = 'operator'
}

/**
 * Nobody that we trust has signed the gateway's certificate, or it was revoked or is not meant for servers.
 *
 * To do: name the file of the authority that signed it (`--ca`); should it be sent without its chain, have the gateway send it.
 */
export class SipCertificateUntrustedError extends ChangeoverError {
  readonly code = 'sip.certificate-untrusted'
  readonly remedy = 'operator'
}

/**
 * The gateway wants a certificate of ours, or refuses the one it was shown.
 *
 * To do: give one that the gateway's side has signed or listed (`--cert`, `--key`).
 */
export class SipCertificateWantedError extends ChangeoverError {
  readonly code = 'sip.certificate-wanted'
  readonly remedy = 'operator'
}

/**
 * No TLS came about: no version or cipher in common (we speak TLS 1.2 and 1.3), or the port speaks something else.
 *
 * To do: see that the port is the gateway's TLS port, and that it takes TLS 1.2.
 */
export class SipTlsFailedError extends ChangeoverError {
  readonly code = 'sip.tls-failed'
  readonly remedy = 'operator'
}

/**
 * A certificate, key or authority of ours can't be used for TLS.
 *
 * To do: give PEM files, the key being that of the certificate.
 */
export class SipTlsFilesError extends ChangeoverError {
  readonly code = 'sip.tls-files'
  readonly remedy = 'operator'
}
