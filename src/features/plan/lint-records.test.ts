import { describe, expect, it } from 'vitest'
import { srvFaults } from './lint-records.ts'

const gateway = (transport: 'udp' | 'tcp' | 'tls') => ({
  platform: 'cloud',
  host: 'acme.byoc.example',
  port: 5060,
  transport,
})

describe('D6 SRV names and the transports behind them', () => {
  it.each([
    ['_sip._udp.acme.example', 'udp'],
    ['_sip._tcp.acme.example', 'tcp'],
    ['_sips._tcp.acme.example', 'tls'],
  ] as const)('%s fits %s', (name, transport) => {
    expect(srvFaults(name, [gateway(transport)])).toEqual([])
  })

  it.each([
    [
      '_sip._tcp.acme.example',
      'udp',
      'says tcp, but the gateway of platforms.cloud is called over udp',
    ],
    ['_sip._tcp.acme.example', 'tls', 'called over tls'],
    ['_sips._tcp.acme.example', 'tcp', 'says tls'],
    ['_sips._udp.acme.example', 'udp', 'needs TLS'],
    ['_sip._tls.acme.example', 'tls', '_sips._tcp for TLS'],
    ['_spi._tcp.acme.example', 'tcp', 'did you mean "sip"'],
    ['acme.example', 'tcp', '_sip._tcp.acme.example'],
  ] as const)('%s does not fit %s: %s', (name, transport, because) => {
    expect(srvFaults(name, [gateway(transport)])).toEqual([expect.stringContaining(because)])
  })
})
