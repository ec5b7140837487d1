import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ms } from '../../src/kernel/units.ts'
import { dnsType } from '../../src/protocols/dns/codes.ts'
import { decodeMessage, dnsQuery, encodeMessage } from '../../src/protocols/dns/message.ts'
import type { DnsServer } from '../../src/protocols/dns/transport.ts'
import { createSocketDnsTransport } from '../../src/protocols/dns/transport-socket.ts'
import { freePort } from '../support/ports.ts'

/** A real DNS server of the tests, on a loopback port of its own. */
export interface Daemon {
  readonly address: DnsServer
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
  stop(): Promise<void>
}

export const transport = createSocketDnsTransport()

/** `files` are written into a fresh directory; `@port@` and `@dir@` in them are filled in. */
async function startDaemon(
  command: readonly [string, ...string[]],
  files: Readonly<Record<string, string>>,
  { zone, host = '127.0.0.1' }: { readonly zone: string; readonly host?: string },
): Promise<Daemon> {
  const dir = await mkdtemp(join(tmpdir(), 'changeover-dns-'))
  const port = await freePort(host)
  const fill = (text: string) => text.replaceAll('@port@', `${port}`).replaceAll('@dir@', dir)
  for (const [file, text] of Object.entries(files)) await writeFile(join(dir, file), fill(text))
  const [program, ...args] = command
  const child = spawn(program, args.map(fill), { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  const address = { host, port }
  try {
    await answers(address, zone, child)
  } catch (cause) {
    child.kill('SIGKILL')
    throw new Error(`${program} did not start: ${said.slice(-2000)}`, { cause })
  }
  return {
    address,
    signal: (name) => child.kill(name),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit')
        child.kill('SIGKILL')
        await gone
      }
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function answers(address: DnsServer, zone: string, child: ChildProcess): Promise<void> {
  const query = encodeMessage(dnsQuery(1, zone, dnsType.SOA, { recursionDesired: true }))
  const until = Date.now() + 60_000
  for (;;) {
    try {
      const timeout = ms(500)
      const signal = AbortSignal.timeout(1000)
      const bytes = await transport.exchange(address, query, { protocol: 'udp', timeout, signal })
      if (decodeMessage(bytes).answers.length > 0) return
    } catch (error) {
      if (Date.now() > until || child.exitCode !== null) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const namedOptions = `options {
  directory "@dir@"; pid-file none; lock-file none; session-keyfile none;
  listen-on port @port@ { 127.0.0.1; }; listen-on-v6 { none; };
  recursion no; dnssec-validation no; notify no; minimal-responses yes;
  transfer-source 127.0.0.1; query-source address 127.0.0.1;
};
controls {};
`

/** BIND as primary of `zone`, with the policy given. */
export function startPrimary(options: {
  readonly zone: string
  readonly zoneText: string
  readonly keys: string
  readonly policy: string
}): Promise<Daemon> {
  const { zone, zoneText, keys, policy } = options
  const config = `${namedOptions}${keys}
zone "${zone}" { type primary; file "zone.db"; update-policy { ${policy} }; };
`
  const files = { 'named.conf': config, 'zone.db': zoneText }
  return startDaemon(['named', '-g', '-n', '1', '-c', '@dir@/named.conf'], files, { zone })
}

/**
 * BIND as secondary: it hears no NOTIFY from the primary, so it lags until it is told, or until `settings`
 * of its zone let it ask.
 */
export function startSecondary(zone: string, primary: DnsServer, settings = ''): Promise<Daemon> {
  const config = `${namedOptions}
zone "${zone}" {
  type secondary; file "copy.db"; allow-notify { 127.0.0.1; };
  primaries { ${primary.host} port ${primary.port}; };
  ${settings}
};
`
  return startDaemon(
    ['named', '-g', '-n', '1', '-c', '@dir@/named.conf'],
    { 'named.conf': config },
    { zone },
  )
}

/** unbound as caching resolver in front of one authoritative server, on a loopback address of its own if one is given. */
export function startResolver(
  zone: string,
  authority: DnsServer,
  { settings = '', host = '127.0.0.1' } = {},
): Promise<Daemon> {
  const config = `server:
  directory: "@dir@"
  chroot: ""
  username: ""
  pidfile: "@dir@/unbound.pid"
  use-syslog: no
  interface: ${host}@@port@
  outgoing-interface: 127.0.0.1
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  do-ip6: no
  num-threads: 1
  module-config: "iterator"
  ${settings}
remote-control:
  control-enable: no
stub-zone:
  name: "${zone}"
  stub-addr: ${authority.host}@${authority.port}
`
  return startDaemon(
    ['unbound', '-d', '-p', '-c', '@dir@/unbound.conf'],
    { 'unbound.conf': config },
    { zone, host },
  )
}

/** What another operator would do: an unconditional change with BIND's own tool. */
export async function nsupdate(key: string, server: DnsServer, lines: readonly string[]) {
  const child = spawn('nsupdate', ['-y', key], { stdio: ['pipe', 'ignore', 'pipe'] })
  const script = [`server ${server.host} ${server.port}`, ...lines, 'send', '']
  child.stdin.end(script.join('\n'))
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`nsupdate: ${said}`)
}
