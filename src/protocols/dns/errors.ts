import { ChangeoverError } from '../../kernel/errors.ts'

/**
 * Bytes that are no DNS message, or a value that can't be written as one.
 *
 * To do: if it stays, look with `dig` at what this server answers; a middlebox may be answering in its place.
 */
export class DnsFormatError extends ChangeoverError {
  readonly code = 'dns.bad-message'
  readonly remedy = 'retry'
}

/**
 * One question to a DNS server came to nothing: no answer in time, no connection, or an answer to something else.
 *
 * To do: is the server up, and do firewalls let UDP and TCP 53 through?
 */
export class DnsExchangeError extends ChangeoverError {
  readonly code = 'dns.exchange-failed'
  readonly remedy = 'retry'
}
