import { ChangeoverError } from '../kernel/errors.ts'

/**
 * The request is not what the API takes; nothing was done.
 *
 * To do: the message names the place; docs/api-reference.md has what is taken.
 */
export class BadRequestError extends ChangeoverError {
  readonly code = 'http.bad-request'
  readonly remedy = 'operator'
}

/**
 * The request's body is larger than anything that the API takes; it was not read.
 *
 * To do: send what docs/api-reference.md says; a plan is named by its path, not sent.
 */
export class TooLargeError extends ChangeoverError {
  readonly code = 'http.too-large'
  readonly remedy = 'operator'
}

/**
 * The request has no token, or not this server's.
 *
 * To do: send `authorization: Bearer …` with the token in the data directory's `server.json`; each server has a new one.
 */
export class UnauthorisedError extends ChangeoverError {
  readonly code = 'http.unauthorised'
  readonly remedy = 'operator'
}

/**
 * The request names a host that this server is not called by: so a web page would reach it through DNS rebinding.
 *
 * To do: call it by the URL in `server.json`.
 */
export class WrongHostError extends ChangeoverError {
  readonly code = 'http.wrong-host'
  readonly remedy = 'operator'
}

/**
 * The API has no such route.
 *
 * To do: docs/api-reference.md lists them.
 */
export class RouteNotFoundError extends ChangeoverError {
  readonly code = 'http.not-found'
  readonly remedy = 'operator'
}

/**
 * The server was asked to listen where other machines reach it. There is no sign-in yet: whoever has the token can move
 * callers, and it travels in clear.
 *
 * To do: listen on 127.0.0.1 and reach it through SSH; or add `--expose` if a proxy with TLS and sign-in stands before it.
 */
export class NotLoopbackError extends ChangeoverError {
  readonly code = 'http.not-loopback'
  readonly remedy = 'operator'
}

/**
 * The address to listen at can't be used.
 *
 * To do: give `--listen host:port` with a free port, or port 0 for any.
 */
export class CannotListenError extends ChangeoverError {
  readonly code = 'http.cannot-listen'
  readonly remedy = 'operator'
}

/**
 * The server did not answer, or what answered is no Changeover.
 *
 * To do: see whether `changeover serve` runs; commands without a server use the database themselves.
 */
export class ServerUnreachableError extends ChangeoverError {
  readonly code = 'http.server-unreachable'
  readonly remedy = 'retry'
}
