import { z } from 'zod'
import { ms, percent } from '../../kernel/units.ts'
import { Gate } from './gate-schema.ts'
import { parseNumbers } from './parse-numbers.ts'
import {
  parseDurationText,
  parseHostPort,
  parsePercentText,
  parseRecordName,
  parseSecondsText,
  parseSecretText,
  parseSipText,
  parseUrlText,
  parseWindowText,
} from './parse-values.ts'
import { Name, text, written } from './schema-parts.ts'

/*
 * The plan file as people write it. One schema does three things: check-node.ts walks it along the file,
 * plan-json-schema.ts makes an editor's schema of it, build-plan.ts takes its output.
 */

const Secret = written(parseSecretText, 'a secret, named: env:NAME or file:path')
const Duration = (what: string) => written(parseDurationText, `${what}: 300s, 15m, 72h`)
const Address = (port: number, what: string) =>
  written((value) => parseHostPort(value, port), `${what}: host or host:port (${port} if left out)`)
const Gateway = written(parseSipText, 'where calls are taken: sip:host:5060;transport=tcp')
const Url = (what: string) => written(parseUrlText, what)

const Lever = z
  .discriminatedUnion('by', [
    z.strictObject({
      by: z.literal('rest'),
      url: Url('service that moves agents in and out of the PBX queues'),
      token: Secret.optional(),
    }),
    z.strictObject({ by: z.literal('hand') }),
  ])
  .meta({
    description: 'how agents are taken out of the PBX queues and put back: by rest, or by hand',
  })

const Sbc = z.strictObject({
  kind: z.literal('sbc'),
  profile: z.literal('kamailio-dispatcher').default('kamailio-dispatcher'),
  rpc: Url('JSON-RPC endpoint of the SBC'),
  token: Secret.optional(),
  gateway: Gateway,
  agents: Lever.optional(),
})

const GenesysCloud = z.strictObject({
  kind: z.literal('genesys-cloud'),
  region: text('host of the region: mypurecloud.com'),
  api: Url('API host, if it is not api.{region}').optional(),
  login: Url('login host, if it is not login.{region}').optional(),
  clientId: Secret,
  clientSecret: Secret,
  gateway: Gateway,
  shareTable: text('data table whose rows hold the share of each site').default(
    'changeover-shares',
  ),
})

const Zone = z.strictObject({
  provider: z.literal('rfc2136'),
  server: Address(53, 'the primary, which takes updates'),
  authoritative: z.array(Address(53, 'an authoritative server')).min(1).optional().meta({
    description: 'all authoritative servers, the primary included; the primary alone if left out',
  }),
  key: Secret.optional(),
})

const Resolver = z.strictObject({
  name: text('name of the resolver, for messages'),
  address: Address(53, 'the recursive resolver'),
  at: Name.optional().meta({ description: 'site on whose network it stands' }),
})

const Agent = z.strictObject({
  extension: text('extension at the source'),
  user: text('user name at the target'),
  queues: z.array(text('a queue of this site')).min(1),
  licence: text('licence id at the target'),
})

export const codecs = ['OPUS', 'G722', 'PCMU', 'PCMA', 'G729'] as const

const Trunk = z.strictObject({
  name: text('name of the trunk at the target; changeover-{site} if left out').optional(),
  codecs: z.array(z.enum(codecs)).min(1).default(['G722', 'PCMU', 'PCMA']),
  callerId: text('number that outbound calls show').optional(),
  maxSessions: z.int().positive().optional(),
  transport: z.enum(['udp', 'tcp', 'tls']).optional(),
  srtp: z.enum(['off', 'sdes', 'dtls']).default('off'),
  allowList: z.array(text('address allowed in, CIDR')).default([]),
})

const RecordEntry = z.strictObject({
  name: written(parseRecordName, 'name of the DNS record'),
  type: z.enum(['SRV', 'NAPTR', 'CNAME', 'A', 'AAAA']),
})

const Site = z.strictObject({
  from: Name.meta({ description: 'platform that the site leaves' }),
  to: Name.meta({ description: 'platform that the site reaches' }),
  records: z.array(RecordEntry).min(1).meta({ description: 'DNS records that choose the side' }),
  numbers: z
    .array(written(parseNumbers, 'a number, or a range: +1 214 555 0100 - 0149'))
    .min(1)
    .meta({ description: 'numbers of the site' }),
  agents: z
    .union([
      z.strictObject({ file: text('CSV file: extension,user,queues,licence') }),
      z.array(Agent),
    ])
    .meta({ description: 'agents of the site: a list, or { file: agents/site.csv }' }),
  queues: z
    .record(
      Name,
      z.strictObject({
        from: text('skill group or queue at the source'),
        to: text('queue at the target'),
      }),
    )
    .meta({ description: 'queues of the site' }),
  trunk: Trunk.prefault({}),
  sourceTrunk: text('trunk of this site at the source; at an SBC its destination URI'),
  flow: text('flow at the target that answers the numbers of this site'),
  outboundRoute: text('outbound route of this site at the target'),
  interconnect: z
    .strictObject({
      trunk: text('trunk over which the target returns callers'),
      maxSessions: z.int().positive(),
    })
    .meta({ description: 'way on which the target returns callers to the source' }),
  ttl: written(
    parseSecondsText,
    'TTL of the cutover records; dns.cutoverTtl if left out',
  ).optional(),
  drain: z
    .strictObject({
      longest: Duration('longest call that is waited for').default(ms(2 * 3_600_000)),
    })
    .prefault({}),
})

const Wave = z.strictObject({
  sites: z.array(Name).min(1).meta({ description: 'sites that are cut over together' }),
  window: written(parseWindowText, 'when: 2026-12-05 22:00 .. 2026-12-06 05:00').optional(),
  stages: z
    .array(written(parsePercentText, 'share of agents and callers: 10%'))
    .min(1)
    .default([10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map(percent)),
  gate: text('gate between two stages'),
  rollbackTrigger: text('CEL over the metrics; true rolls back').default(
    'validation_failure_rate > 2%',
  ),
})

const OverrideEntry = z.strictObject({
  what: text('policy: dns.ttlLead'),
  to: text('its value: 24h'),
  for: Name.optional().meta({ description: 'site or wave; the whole plan if left out' }),
  because: text('the reason, shown wherever the run is shown'),
})

const AttestEntry = z.strictObject({
  what: text('row that preflight can’t know: "site dallas: free licences genesysCloud2"'),
  because: text('who looked where, and what was there; shown in the row'),
})

export const PlanFile = z.strictObject({
  changeover: z.literal(1).meta({ description: 'version of this format' }),
  name: Name,
  timeZone: text('IANA zone in which windows are written: America/Chicago'),
  platforms: z.record(Name, z.discriminatedUnion('kind', [Sbc, GenesysCloud])),
  dns: z.strictObject({
    zones: z.record(text('zone'), Zone).meta({ description: 'DNS zones that hold the records' }),
    resolvers: z.array(Resolver).meta({ description: 'recursive resolvers that are asked' }),
  }),
  crm: z
    .strictObject({
      kind: z.literal('rest').default('rest'),
      url: Url('answers how many CRM writes failed'),
      token: Secret.optional(),
    })
    .optional(),
  sites: z.record(Name, Site),
  gates: z.record(Name, Gate),
  waves: z.record(Name, Wave),
  overrides: z.array(OverrideEntry).default([]),
  attest: z
    .array(AttestEntry)
    .optional()
    .meta({ description: 'what preflight can’t know, and a person vouches for' }),
})
export type PlanFile = z.output<typeof PlanFile>
