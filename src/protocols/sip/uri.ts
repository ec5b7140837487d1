import type { SipAddress } from '../../kernel/sip-address.ts'
import { SipFormatError } from './errors.ts'
import { parseParameters } from './parameters.ts'
import { readPlainUri, type SipUri } from './scan-uri.ts'

/** A URI of a SIP header: ours taken apart, any other scheme (`tel:`) kept whole. */
export type Uri =
  | SipUri
  | { readonly kind: 'other'; readonly scheme: string; readonly rest: string }

export function parseUri(text: string): Uri {
  return readPlainUri(text) ?? readUriByGrammar(text)
}

/** Any URI, plain or not; refuses what is none. */
export function readUriByGrammar(text: string): Uri {
  if (/[\s<>"]/.test(text))
    throw new SipFormatError('a URI holds blanks, quotes or brackets', { text })
  const colon = text.indexOf(':')
  const scheme = text.slice(0, Math.max(colon, 0)).toLowerCase()
  if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) throw new SipFormatError('a URI has no scheme', { text })
  const rest = text.slice(colon + 1)
  if (scheme !== 'sip' && scheme !== 'sips') return { kind: 'other', scheme, rest }
  return parseSipUri(scheme, rest)
}

function parseSipUri(scheme: 'sip' | 'sips', rest: string): Uri {
  const at = rest.indexOf('@')
  const user = at === -1 ? undefined : rest.slice(0, at)
  if (user === '') throw new SipFormatError('a URI has an empty user', { text: rest })
  const afterUser = rest.slice(at + 1)
  const question = afterUser.indexOf('?')
  const beforeHeaders = question === -1 ? afterUser : afterUser.slice(0, question)
  const semicolon = beforeHeaders.indexOf(';')
  const hostPort = semicolon === -1 ? beforeHeaders : beforeHeaders.slice(0, semicolon)
  return {
    kind: 'sip',
    scheme,
    ...(user === undefined ? {} : { user }),
    ...parseHostPort(hostPort),
    parameters: parseParameters(semicolon === -1 ? '' : beforeHeaders.slice(semicolon)),
    ...(question === -1 ? {} : { headers: afterUser.slice(question + 1) }),
  }
}

const hostPortForm = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?:\s*:\s*(\d{1,5}))?$/i

/** `host`, `host:port`, `[v6]:port`. */
export function parseHostPort(text: string): { readonly host: string; readonly port?: number } {
  const match = hostPortForm.exec(text.trim())
  const host = match?.[1] ?? match?.[2]
  if (host === undefined) throw new SipFormatError('no host and port', { text })
  if (match?.[3] === undefined) return { host }
  const port = Number(match[3])
  if (port > 65_535) throw new SipFormatError('a port above 65535', { text })
  return { host, port }
}

/** IPv6 goes into brackets; everything else stays. */
export function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** `sip:user@host:port;transport=tcp`: how an address is written in Contact and Request-URI. */
export function formatSipUri(address: SipAddress, user?: string): string {
  const parameter = address.transport === 'udp' ? '' : `;transport=${address.transport}`
  const before = user === undefined ? '' : `${user}@`
  return `sip:${before}${formatHost(address.host)}:${address.port}${parameter}`
}

/** Where a request for this URI goes when nothing else says so; no DNS (RFC 3263) here. */
export function addressOfUri(uri: Uri, fallback: SipAddress['transport']): SipAddress | undefined {
  if (uri.kind !== 'sip') return undefined
  const named = uri.parameters['transport']?.toLowerCase()
  const transport = named === 'tcp' || named === 'tls' || named === 'udp' ? named : fallback
  return { host: uri.host, port: uri.port ?? (transport === 'tls' ? 5061 : 5060), transport }
}
