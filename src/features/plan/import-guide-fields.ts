import {
  type Field,
  type Findings,
  fieldsOf,
  type GuideImport,
  type GuideKind,
} from './guide-import.ts'
import { failoverFields, interconnectFields, judgeInterconnect } from './import-guide-trunks.ts'
import {
  type Importer,
  importListedCodecs,
  sessions,
  unknownField,
  wholeNumber,
} from './import-guide-values.ts'
import { srvFaults } from './lint-records.ts'
import { parseNumbers } from './parse-numbers.ts'
import { isHost, isV4, isV6, parseRecordName } from './parse-values.ts'
import { shortestTtl } from './policies.ts'
import type { SourceFile } from './source-file.ts'

/** Payloads whose fields stand each for itself. */
export function importGuideFields(
  kind: Exclude<GuideKind, 'wave'>,
  source: SourceFile,
  findings: Findings,
): GuideImport {
  const importers = fieldImporters[kind]
  const fields = fieldsOf(source.root)
  for (const field of fields) {
    const read = Object.hasOwn(importers, field.name) ? importers[field.name] : undefined
    if (read === undefined) unknownField(field, findings, importers)
    else read(field, findings)
  }
  if (kind === 'interconnect-trunk') judgeInterconnect(fields, findings)
  return findings.finish(kind)
}

/** Genesys Cloud takes calls at a name of the customer's own; the guide's is no such name. */
const inventedGateway = /(^gateway-.*|^sip\.provider)\.genesys\.cloud$|^sip\.nice-incontact\.com$/

const recordFields: Readonly<Record<string, Importer>> = {
  name: (field, findings) => {
    const name = parseRecordName(field.text)
    const [fault] = name.ok ? srvFaults(name.value, []) : [name.problem]
    if (fault !== undefined) findings.refuse(field.valueAt, 'name', fault)
    else findings.map(field.valueAt, `name ${field.text}`, 'sites.*.records[].name')
  },
  type: (field, findings) =>
    field.text === 'SRV'
      ? findings.map(field.valueAt, 'type SRV', 'sites.*.records[].type')
      : findings.refuse(
          field.valueAt,
          'type',
          `"${field.text}" with priority and port; those belong to SRV`,
        ),
  ttl: (field, findings) =>
    wholeNumber(field, findings, (ttl) =>
      ttl < shortestTtl
        ? findings.refuse(field.valueAt, 'ttl', `${ttl} s is below ${shortestTtl} s`)
        : findings.map(field.valueAt, `ttl ${ttl}`, `sites.*.ttl: ${ttl}s (dns.cutoverTtl)`),
    ),
  priority: (field, findings) => importSrvNumber(field, findings, 'priority'),
  weight: (field, findings) => importSrvNumber(field, findings, 'weight'),
  port: importPort,
  target: importTarget,
  comment: (field, findings) =>
    findings.map(field.valueAt, 'comment', 'no field: the journal says which wave made a change'),
}

function importSrvNumber(field: Field, findings: Findings, name: string): void {
  wholeNumber(field, findings, (value) =>
    value > 65_535
      ? findings.refuse(field.valueAt, name, `${value} is more than 65535 (RFC 2782)`)
      : findings.map(
          field.valueAt,
          `${name} ${value}`,
          `kept from the record that is read; ${name} is not changed by a cutover`,
        ),
  )
}

function importPort(field: Field, findings: Findings): void {
  wholeNumber(field, findings, (port) => {
    if (port < 1 || port > 65_535) {
      findings.refuse(field.valueAt, 'port', `${port}: ports are 1 to 65535`)
      return
    }
    findings.map(field.valueAt, `port ${port}`, 'platforms.*.gateway: port')
    if (port !== 5060 && port !== 5061)
      findings.note(field.valueAt, {
        severity: 'warn',
        code: 'guide.unusual-port',
        message: `port: ${port} is unusual for SIP`,
      })
  })
}

function importTarget(field: Field, findings: Findings): void {
  const host = field.text
  if (inventedGateway.test(host))
    findings.refuse(
      field.valueAt,
      'target',
      `${host} is no name that the vendor has; BYOC takes calls at {termination}.byoc.{domain}: platforms.*.gateway`,
    )
  else if (isV4(host) || isV6(host) || !isHost(host))
    findings.refuse(
      field.valueAt,
      'target',
      `"${host}" is no host name; an SRV target is an address name`,
    )
  else findings.map(field.valueAt, `target ${host}`, 'platforms.*.gateway: host')
}

const trunkFields: Readonly<Record<string, Importer>> = {
  enabled: (field, findings) => {
    if (field.text !== 'true' && field.text !== 'false')
      findings.refuse(field.valueAt, 'enabled', `"${field.text}" is neither true nor false`)
    else
      findings.map(
        field.valueAt,
        `enabled ${field.text}`,
        `${field.text === 'true' ? 'trunk.arm' : 'trunk.provision, standby'}: properties.trunk_enabled of the trunk base setting, read back`,
      )
  },
  status: (field, findings) =>
    findings.refuse(
      field.valueAt,
      'status',
      `"${field.text}" can't be written: a trunk's state is what the platform says and a test call proves`,
    ),
  maxConcurrentSessions: sessions,
  codecPreferences: (field, findings) => importListedCodecs(field, findings),
  callerId: (field, findings) => {
    const number = parseNumbers(field.text)
    if (number.ok) findings.map(field.valueAt, `callerId ${field.text}`, 'sites.*.trunk.callerId')
    else findings.refuse(field.valueAt, 'callerId', number.problem)
  },
  siteId: (field, findings) =>
    findings.map(
      field.valueAt,
      `siteId ${field.text}`,
      `sites.${field.text}; inboundSite of the trunk base setting`,
    ),
}

const fieldImporters: Readonly<
  Record<Exclude<GuideKind, 'wave'>, Readonly<Record<string, Importer>>>
> = {
  'dns-srv-record': recordFields,
  'trunk-activation': trunkFields,
  'interconnect-trunk': interconnectFields,
  'trunk-failover': failoverFields,
}
