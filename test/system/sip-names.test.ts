import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSystemNames } from '../../src/adapters/sip/index.ts'
import { createRandom } from '../../src/kernel/random.ts'
import {
  type ResolvedTarget,
  resolveTarget,
  type SipNames,
} from '../../src/protocols/sip/resolve-target.ts'
import { parseUri } from '../../src/protocols/sip/uri.ts'
import { missingPrograms } from '../support/real-process.ts'
import { type Daemon, startPrimary, startResolver } from './dns-daemons.ts'

const zone = 'voice.example'
const zoneText = `$TTL 300
@ IN SOA ns1 hostmaster 1 86400 86400 864000 2
@ IN NS ns1
ns1 IN A 127.0.0.1
@ IN NAPTR 20 50 "s" "SIP+D2U" "" _sip._udp
@ IN NAPTR 10 50 "s" "SIPS+D2T" "" _sips._tcp
@ IN NAPTR 10 60 "s" "SIP+D2W" "" _sip._ws
_sips._tcp IN SRV 10 60 5061 edge1
_sips._tcp IN SRV 20 0 5061 edge2
_sip._udp IN SRV 10 0 5060 edge1
edge1 IN A 192.0.2.1
edge1 IN AAAA 2001:db8::1
edge2 IN CNAME edge3
edge3 IN A 192.0.2.3
`

function resolve(text: string, names: SipNames): Promise<readonly ResolvedTarget[]> {
  const uri = parseUri(text)
  if (uri.kind !== 'sip') throw new Error(`${text} is no SIP URI`)
  return resolveTarget(uri, { names, supported: ['tls', 'tcp', 'udp'], random: createRandom(1) })
}

describe.runIf(missingPrograms(['named', 'unbound']).length === 0)(
  'SIP domains as a resolver sees them (RFC 3263)',
  () => {
    let daemons: readonly Daemon[] = []
    let names: SipNames
    beforeAll(async () => {
      const primary = await startPrimary({
        zone,
        zoneText,
        keys: '',
        policy: 'grant nobody zonesub ANY;',
      })
      daemons = [primary]
      const resolver = await startResolver(zone, primary.address)
      daemons = [primary, resolver]
      names = createSystemNames([`${resolver.address.host}:${resolver.address.port}`])
    })
    afterAll(() => Promise.all(daemons.map((daemon) => daemon.stop())))

    it('are followed from NAPTR over SRV and CNAME to addresses of both families', async () => {
      const found = await resolve(`sip:${zone}`, names)

      expect(found.map(({ transport, host, port }) => `${transport} ${host} ${port}`)).toEqual([
        'tls 192.0.2.1 5061',
        'tls 2001:db8::1 5061',
        'tls 192.0.2.3 5061',
        'udp 192.0.2.1 5060',
        'udp 2001:db8::1 5060',
      ])
      expect(new Set(found.map(({ serverName }) => serverName))).toEqual(new Set([zone]))
    })

    it('that are not there are unknown', async () => {
      await expect(resolve(`sip:nowhere.${zone}`, names)).rejects.toMatchObject({
        code: 'sip.name-unknown',
      })
    })
  },
)

describe('a resolver', { timeout: 20_000 }, () => {
  it('that says nothing is an error of its own, and named', async () => {
    const silent = createSocket('udp4').bind(0, '127.0.0.1')
    await once(silent, 'listening')
    const at = `127.0.0.1:${silent.address().port}`

    const asking = resolve('sip:voice.example', createSystemNames([at]))

    await expect(asking).rejects.toMatchObject({
      code: 'sip.name-unanswered',
      message: expect.stringContaining(at),
    })
    silent.close()
  })

  it('of this machine knows its own table of hosts', async () => {
    const found = await resolve('sip:localhost:5060', createSystemNames())

    expect(found.map(({ host }) => host)).toContain('127.0.0.1')
  })
})
