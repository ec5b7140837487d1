import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { PlatformSettings, SecretRef } from '../../features/plan/index.ts'
import type { WireClock } from '../../kernel/clock.ts'
import { platformId } from '../../kernel/ids.ts'
import { epochMs } from '../../kernel/units.ts'
import type { HttpRequest } from '../../protocols/http/transport.ts'
import { createPlatform, createPlatforms, platformFactories } from './registry.ts'

const gateway = { host: 'gw.example', port: 5060, transport: 'udp' } as const
const clock: WireClock = {
  kind: 'wire',
  now: () => epochMs(0),
  sleep: () => Promise.resolve(),
}
const reference = (name: string): SecretRef => ({ from: 'env', name })
const genesys: PlatformSettings = {
  kind: 'genesys-cloud',
  region: 'mypurecloud.com',
  api: 'api.mypurecloud.com',
  login: 'login.mypurecloud.com',
  clientId: reference('GENESYS_ID'),
  clientSecret: reference('GENESYS_SECRET'),
  gateway,
  shareTable: 'Shares',
}
const sbc: PlatformSettings = {
  kind: 'sbc',
  profile: 'kamailio-dispatcher',
  rpc: 'http://sbc/RPC',
  token: reference('SBC_TOKEN'),
  gateway,
}

function context() {
  const asked: HttpRequest[] = []
  const read: SecretRef[] = []
  return {
    asked,
    read,
    wireClock: clock,
    worldClock: clock,
    transport: (request: HttpRequest) => {
      asked.push(request)
      return Promise.resolve({ status: 200, headers: {}, body: '{"jsonrpc":"2.0","result":{}}' })
    },
    secret: (wanted: SecretRef) => {
      read.push(wanted)
      return Promise.resolve(`value of ${wanted.from === 'env' ? wanted.name : wanted.path}`)
    },
  }
}

describe('platforms', () => {
  it('every folder is a vendor that a plan can name, and the other way round', () => {
    const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)

    expect(folders.sort()).toEqual(Object.keys(platformFactories).sort())
  })

  it.each([genesys, sbc])('D5 $kind has each port or says what to do instead', async (settings) => {
    const platform = await createPlatform(platformId('one'), settings, context())

    const capabilities = [
      ...['trunks', 'inboundNumbers', 'queues', 'agents', 'licences', 'shares'],
      ...['outboundRoutes', 'statistics', 'liveCalls', 'account'],
    ]
    expect([...Object.keys(platform.ports), ...Object.keys(platform.lacks)].sort()).toEqual(
      capabilities.sort(),
    )
    expect(platform.vendor).toBe(settings.kind)
  })

  it('reads the secrets that the plan names, and speaks to nobody before it is asked', async () => {
    const given = context()
    const { ports } = await createPlatform(platformId('pbx'), sbc, given)
    expect(given.asked).toEqual([])

    await ports.trunks?.list(new AbortController().signal)

    expect(given.asked[0]?.headers['authorization']).toBe('Bearer value of SBC_TOKEN')
  })

  it('refuses a port that is not there with the realistic lever', async () => {
    const id = platformId('pbx')
    const platforms = createPlatforms([await createPlatform(id, sbc, context())])

    expect(platforms.port(id, 'trunks')).toBe(platforms.get(id).ports.trunks)
    expect(() => platforms.port(id, 'licences')).toThrow('by: hand')
    expect(() => platforms.get(platformId('nobody'))).toThrow('was not set up')
  })
})
