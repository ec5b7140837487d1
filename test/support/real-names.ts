import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { ZoneRecords } from '../../src/lab/network/dns-zone.ts'
import type { DnsServer } from '../../src/protocols/dns/transport.ts'
import { type Daemon, startPrimary, startResolver, startSecondary } from '../system/dns-daemons.ts'

export interface RealNames {
  readonly primary: DnsServer
  readonly secondary: DnsServer
  /** Three, each on an address of its own; the third asks the secondary. */
  readonly resolvers: readonly DnsServer[]
  /** As `nsupdate -y` takes it. */
  readonly key: string
  close(): Promise<void>
}

const secret = Buffer.alloc(32, 'changeover-real-peers').toString('base64')
const keyFile = `key "changeover" {\n  algorithm hmac-sha256;\n  secret "${secret}";\n};\n`

/** The secondary asks by itself, and is up to this far behind. */
const secondsBehind = 2

/** BIND as primary with a dynamic zone and as secondary that lags, and unbound three times in front of them. */
export async function startRealNames(
  zone: string,
  records: readonly ZoneRecords[],
): Promise<RealNames> {
  const daemons: Daemon[] = []
  const started = async (starting: Promise<Daemon>) => {
    const daemon = await starting
    daemons.push(daemon)
    return daemon.address
  }
  const close = async () => {
    await Promise.all(daemons.map((daemon) => daemon.stop()))
  }
  try {
    const primary = await started(
      startPrimary({
        zone,
        zoneText: zoneText(records),
        keys: keyFile,
        policy: `grant changeover zonesub SRV;`,
      }),
    )
    const refresh = `min-refresh-time ${secondsBehind}; max-refresh-time ${secondsBehind};`
    const secondary = await started(startSecondary(zone, primary, refresh))
    const resolvers = await Promise.all(
      [primary, primary, secondary].map((authority, index) =>
        started(startResolver(zone, authority, { host: `127.0.0.${index + 2}` })),
      ),
    )
    return { primary, secondary, resolvers, key: `hmac-sha256:changeover:${secret}`, close }
  } catch (cause) {
    await close()
    throw cause
  }
}

function zoneText(records: readonly ZoneRecords[]): string {
  const lines = records.flatMap(({ name, type, ttl, values }) =>
    values.map((value) => `${name}. ${ttl} IN ${type} ${value}${type === 'SRV' ? '.' : ''}`),
  )
  return [
    '$TTL 300',
    `@ IN SOA ns1 hostmaster 1 ${secondsBehind} ${secondsBehind} 864000 2`,
    '@ IN NS ns1',
    'ns1 IN A 127.0.0.1',
    ...lines,
    '',
  ].join('\n')
}

/** What `dig` shows at a server: `TTL value`, one for each record. */
export async function dig({ host, port }: DnsServer, name: string): Promise<readonly string[]> {
  const options = ['+noall', '+answer', '+time=2', '+norecurse', `@${host}`, '-p', `${port}`]
  const { stdout } = await promisify(execFile)('dig', [...options, name, 'SRV'])
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(';'))
    .map((line) => {
      const [, ttl, , , ...value] = line.split(/\s+/)
      return [ttl, ...value].join(' ')
    })
}
