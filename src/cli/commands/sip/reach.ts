import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import {
  type MirrorOptions,
  openSipTools,
  type ResolvedTarget,
  type SipTools,
  type TlsIdentity,
} from '../../../app/sip-tools.ts'
import { errorFacts } from '../../../kernel/errors.ts'
import type { Milliseconds } from '../../../kernel/units.ts'
import { UsageError } from '../../errors.ts'
import { joinLab } from '../../lab-client.ts'
import type { Shell } from '../../shell.ts'

/** How a gateway is reached: the same for every command that speaks SIP. */
export interface ReachOptions {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly serverName?: string
  readonly resolver?: readonly string[]
  readonly hep?: string
}

export function addReachOptions(command: Command): Command {
  return command
    .option('--ca <file>', 'TLS: authorities to trust in place of the system’s, PEM')
    .option('--cert <file>', 'TLS: our certificate, PEM')
    .option('--key <file>', 'TLS: its key, PEM')
    .option('--server-name <name>', 'TLS: the name its certificate must hold, where it is another')
    .option('--hep <host:port>', 'show our SIP to a capture server (Homer), HEP3 over UDP')
    .option('--resolver <address...>', 'ask these DNS servers: what a site’s resolver sees')
}

/** What speaks SIP for one command; in a lab (CHANGEOVER_LAB) its names lead to it. `timeout` is that of OPTIONS. */
export async function openReach(
  { environment }: Shell,
  options: ReachOptions,
  timeout?: Milliseconds,
): Promise<SipTools> {
  const { resolver: resolvers, hep } = options
  const lab = environment['CHANGEOVER_LAB']
  const joined = lab === undefined || lab === '' ? undefined : await joinLab(lab)
  return openSipTools({
    tls: tlsOf(options),
    ...(resolvers === undefined ? {} : { resolvers }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(hep === undefined ? {} : { mirror: captureServer(hep) }),
    ...(joined === undefined ? {} : { hosts: joined.hosts }),
  })
}

/** The files that options name, read. */
export function tlsOf({ ca, cert, key }: Pick<ReachOptions, 'ca' | 'cert' | 'key'>): TlsIdentity {
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError('--cert and --key go together: a certificate and its key')
  return {
    ...(ca === undefined ? {} : { ca: readPem('--ca', ca) }),
    ...(cert === undefined ? {} : { certificate: readPem('--cert', cert) }),
    ...(key === undefined ? {} : { key: readPem('--key', key) }),
  }
}

function captureServer(text: string): MirrorOptions {
  const [, host, port] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text) ?? []
  if (host !== undefined && Number(port) > 0 && Number(port) < 65_536)
    return { host, port: Number(port) }
  throw new UsageError(`--hep ${text}: host:port expected, like 10.0.0.9:9060`)
}

function readPem(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`${option} ${file} can't be read: ${problem}`, { cause })
  }
}

/** `sip:host;transport=tls`, or without the scheme as people say it: `host`, `host:port`. */
function sipUriOf(text: string): string {
  return /^sips?:/i.test(text) ? text : `sip:${text}`
}

/** One address that a gateway's name leads to. */
export interface NamedTarget {
  readonly uri: string
  readonly address: ResolvedTarget
}

/** Every address that gateways lead to, in the order in which they are to be tried. */
export async function targetsOf(
  tools: SipTools,
  gateways: readonly string[],
  { serverName }: ReachOptions,
): Promise<readonly NamedTarget[]> {
  const found = await Promise.all(
    gateways.map(sipUriOf).map(async (uri) => {
      const addresses = await resolve(tools, uri)
      return addresses.map((address) => ({ uri, address }))
    }),
  )
  return found.flat().map(({ uri, address }) => ({
    uri,
    address: serverName === undefined ? address : { ...address, serverName },
  }))
}

async function resolve(tools: SipTools, uri: string): Promise<readonly ResolvedTarget[]> {
  try {
    return await tools.resolve(uri)
  } catch (cause) {
    const { code, message, details } = errorFacts(cause)
    if (code !== 'sip.malformed-message') throw cause
    const problem = message.replace('SIP message refused: ', '')
    throw new UsageError(`${uri} is no SIP URI: ${problem} (${details['text'] ?? ''})`, { cause })
  }
}

/** The address that a call goes to: the first that a gateway leads to. */
export async function firstTargetOf(
  tools: SipTools,
  gateway: string,
  options: ReachOptions,
): Promise<ResolvedTarget> {
  const [first] = await targetsOf(tools, [gateway], options)
  if (first === undefined) throw new UsageError(`${gateway} is no SIP URI`)
  return first.address
}
