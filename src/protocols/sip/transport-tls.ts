import { createConnection, isIP, type Socket } from 'node:net'
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  createServer,
  type PeerCertificate,
  type SecureContext,
  type TlsOptions,
} from 'node:tls'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { SipTransportError } from './errors.ts'
import {
  SipCertificateExpiredError,
  SipCertificateNameError,
  SipCertificateUntrustedError,
  SipCertificateWantedError,
  SipTlsFailedError,
  SipTlsFilesError,
  SipTlsStalledError,
} from './tls-errors.ts'
import type { SipTransport } from './transport.ts'
import {
  connectTo,
  createStreams,
  listenOn,
  type StreamKind,
  type StreamOptions,
  streamTransport,
  takeConnection,
} from './transport-stream.ts'

/** What we show and whom we trust; all of it PEM. */
export interface TlsIdentity {
  /** Authorities in place of the system's. */
  readonly ca?: string
  /** Shown to whoever asks; its key beside it. */
  readonly certificate?: string
  readonly key?: string
}

export interface TlsTransportOptions extends StreamOptions, TlsIdentity {
  readonly port?: number
  /** Whoever connects to us must show a certificate that we trust. */
  readonly askForCertificate?: boolean
}

/** B1.1: nothing older is spoken. */
const minVersion = 'TLSv1.2'

/**
 * SIP over TLS from a side that has no certificate to listen with: connected to one far side from the start.
 *
 * What the far side sends in its calls comes back on that connection, whose address is our Contact.
 *
 * @throws what is wrong with the connection, each by its own error of `tls-errors.ts`; {SipTransportError}
 */
export async function connectTlsTransport(
  to: SipAddress,
  options: StreamOptions & TlsIdentity,
): Promise<SipTransport> {
  const streams = createStreams(tls(contextOf(options)), { ...options, callable: false })
  const socket = await connectTo(streams, to)
  const host = options.advertised ?? options.host
  return streamTransport(streams, { host, port: socket.localPort ?? 0 })
}

/** SIP over TLS that listens, with a certificate of its own; port 0 takes a free one. */
export async function openTlsTransport(
  options: TlsTransportOptions & { readonly certificate: string; readonly key: string },
): Promise<SipTransport> {
  const streams = createStreams(tls(contextOf(options)), { ...options, callable: true })
  const asks = options.askForCertificate === true
  const serverOptions: TlsOptions = {
    minVersion,
    requestCert: asks,
    rejectUnauthorized: asks,
    handshakeTimeout: streams.connectTimeout,
    ...pemOf(options),
  }
  const server = createServer(serverOptions, (socket) => takeConnection(streams, socket))
  server.on('connection', (raw: Socket) => {
    // Not yet one of ours: it must not keep us from closing.
    streams.sockets.add(raw)
    raw.once('close', () => streams.sockets.delete(raw))
  })
  const port = await listenOn(server, streams, options.port ?? 0)
  return streamTransport(streams, { host: options.advertised ?? options.host, port }, server)
}

function pemOf({ ca, certificate, key }: TlsIdentity) {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
  }
}

function contextOf(identity: TlsIdentity): SecureContext {
  try {
    return createSecureContext({ minVersion, ...pemOf(identity) })
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new SipTlsFilesError(`certificate, key or authority can't be used: ${problem}`, { cause })
  }
}

function tls(secureContext: SecureContext): StreamKind {
  return {
    transport: 'tls',
    ready: 'secureConnect',
    dial(to, localAddress) {
      const name = to.serverName ?? to.host
      return connect({
        socket: createConnection({ host: to.host, port: to.port, localAddress }),
        secureContext,
        minVersion,
        // SNI is for names only (RFC 6066 §3).
        ...(isIP(name) === 0 ? { servername: name } : {}),
        checkServerIdentity: (_called, certificate) => checkSipIdentity(name, certificate),
      })
    },
    explain: (cause, to, stage) => explain(cause, `${to.host}:${to.port}`, stage),
    stalled(to, after) {
      return new SipTlsStalledError(`no TLS with ${to.host}:${to.port} within ${after} ms`)
    },
  }
}

/** RFC 5922 §7.1: the SIP URI of a certificate counts first; then its names as for any TLS, wildcards as vendors use them. */
function checkSipIdentity(name: string, certificate: PeerCertificate): Error | undefined {
  const uris = (certificate.subjectaltname ?? '').split(', ')
  if (uris.some((entry) => entry.toLowerCase() === `uri:sip:${name.toLowerCase()}`))
    return undefined
  return checkServerIdentity(name, certificate)
}

const expired = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])
const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_CHAIN_TOO_LONG',
  'CERT_REVOKED',
  'CERT_REJECTED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
])
/** Alerts of the far side about what we showed, or did not (RFC 8446 §6.2). */
const wanted =
  /ALERT_(?:BAD_CERTIFICATE|CERTIFICATE_REQUIRED|CERTIFICATE_EXPIRED|CERTIFICATE_UNKNOWN|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)/

function explain(
  cause: Error & { readonly code?: string },
  where: string,
  stage: 'open' | 'ready',
): Error {
  const { code = '', message } = cause
  const options = { cause }
  if (expired.has(code))
    return new SipCertificateExpiredError(
      `the certificate of ${where} is out of date: ${message}`,
      options,
    )
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return new SipCertificateNameError(
      `the certificate of ${where} is another's: ${message}`,
      options,
    )
  if (untrusted.has(code))
    return new SipCertificateUntrustedError(
      `the certificate of ${where} is signed by nobody we trust: ${message}`,
      options,
    )
  if (wanted.test(code))
    return new SipCertificateWantedError(
      `${where} refuses our certificate, or wants one: ${code}`,
      options,
    )
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO')
    return new SipTlsFailedError(`no TLS with ${where}: ${message}`, options)
  const what = stage === 'open' ? 'no connection to' : 'the connection broke to'
  return new SipTransportError(`${what} ${where}: ${message}`, options)
}
