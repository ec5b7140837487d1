import { isSeq } from 'yaml'
import { type Field, type Findings, fieldsOf } from './guide-import.ts'
import {
  fieldText,
  type Importer,
  importListedCodecs,
  sessions,
  unknownField,
  wholeNumber,
} from './import-guide-values.ts'
import { isHost, isV4, isV6 } from './parse-values.ts'

/** Codecs as the interconnect's payload names them. */
const codecNames: Readonly<Record<string, string>> = { G711U: 'PCMU', G711A: 'PCMA' }

/** The hybrid guide's trunk between premises and cloud (H1.1). */
export const interconnectFields: Readonly<Record<string, Importer>> = {
  name: (field, findings) =>
    findings.map(field.valueAt, `name ${field.text}`, 'sites.*.interconnect.trunk'),
  description: (field, findings) =>
    findings.map(field.valueAt, 'description', 'no field: a comment'),
  trunkType: (field, findings) =>
    field.text === 'SIP'
      ? findings.map(field.valueAt, 'trunkType SIP', 'every trunk here is one')
      : findings.refuse(
          field.valueAt,
          'trunkType',
          `"${field.text}" is none that is spoken here: SIP`,
        ),
  sipTransport: (field, findings) => {
    const transport = field.text.toLowerCase()
    if (['udp', 'tcp', 'tls'].includes(transport))
      findings.map(
        field.valueAt,
        `sipTransport ${field.text}`,
        `sites.*.trunk.transport: ${transport}`,
      )
    else findings.refuse(field.valueAt, 'sipTransport', `"${field.text}": UDP, TCP or TLS expected`)
  },
  srtp: (field, findings) => {
    const wanted = field.text.toLowerCase()
    if (wanted === 'mandatory' || wanted === 'optional')
      findings.map(
        field.valueAt,
        `srtp ${field.text}`,
        'sites.*.trunk.srtp: sdes; sip call and sip codecs see it',
      )
    else if (wanted === 'disabled' || wanted === 'off')
      findings.map(field.valueAt, `srtp ${field.text}`, 'sites.*.trunk.srtp: off')
    else
      findings.refuse(
        field.valueAt,
        'srtp',
        `"${field.text}": Mandatory, Optional or Disabled expected`,
      )
  },
  codecs: (field, findings) =>
    importListedCodecs(field, findings, (name) => codecNames[name] ?? name),
  narrowband: (field, findings) =>
    findings.map(field.valueAt, `narrowband ${field.text}`, 'said by the codecs; no field'),
  mediaPortRange: importPortRange,
  authType: (field, findings) =>
    field.text === 'UsernamePassword'
      ? findings.map(
          field.valueAt,
          'authType UsernamePassword',
          'digest, MD5 or SHA-256 as the far side asks',
        )
      : findings.refuse(field.valueAt, 'authType', `"${field.text}": UsernamePassword expected`),
  credentials: (field, findings) => importNested(field, findings, credentialFields),
  peerIp: (field, findings) => {
    if (isV4(field.text) || isV6(field.text))
      findings.map(
        field.valueAt,
        `peerIp ${field.text}`,
        `sites.*.trunk.allowList: [${field.text}]; sip probe --egress ${field.text} sees whether calls leave from there`,
      )
    else findings.refuse(field.valueAt, 'peerIp', `"${field.text}" is no IP address`)
  },
  sipRealm: (field, findings) =>
    isHost(field.text)
      ? findings.map(field.valueAt, `sipRealm ${field.text}`, 'read from the challenge; no field')
      : findings.refuse(field.valueAt, 'sipRealm', `"${field.text}" is no name`),
  disableEarlyMedia: (field, findings) => {
    if (field.text === 'false')
      findings.map(
        field.valueAt,
        'disableEarlyMedia false',
        'early media is kept: nothing to be set',
      )
    else
      findings.refuse(
        field.valueAt,
        'disableEarlyMedia',
        'callers would not hear ringing and announcements before the answer',
      )
  },
}

const credentialFields: Readonly<Record<string, Importer>> = {
  username: (field, findings) =>
    findings.map(
      field.valueAt,
      `credentials.username ${field.text}`,
      'sip register: the agents file',
    ),
  password: (field, findings) =>
    findings.refuse(
      field.valueAt,
      'credentials.password',
      'secrets are named, never written: env:NAME or file:path',
    ),
}

function importPortRange(field: Field, findings: Findings): void {
  const [, from, to] = /^(\d{1,5})\s*-\s*(\d{1,5})$/.exec(field.text) ?? []
  const first = Number(from)
  const last = Number(to)
  if (!(first >= 1024 && last <= 65_535 && first < last)) {
    findings.refuse(
      field.valueAt,
      'mediaPortRange',
      `"${field.text}": two ports from 1024 to 65535 expected, like 10000-20000`,
    )
    return
  }
  const calls = Math.floor((last - first + 1) / 2)
  findings.note(field.valueAt, {
    severity: 'warn',
    code: 'guide.attest',
    message: `mediaPortRange: no call shows what a firewall lets through; a person attests ports ${first} to ${last}, room for ${calls} calls (RTP and RTCP). sip call proves one of them`,
  })
}

/** SDES keys stand in the SIP that carries them: without TLS everybody on the way has them (D6). */
export function judgeInterconnect(fields: readonly Field[], findings: Findings): void {
  const srtp = fields.find(({ name }) => name === 'srtp')
  const transport = fields.find(({ name }) => name === 'sipTransport')?.text.toUpperCase()
  if (srtp?.text.toLowerCase() !== 'mandatory' || transport === undefined || transport === 'TLS')
    return
  findings.refuse(
    srtp.valueAt,
    'srtp',
    `keys of SRTP would travel in clear over ${transport}: sipTransport TLS, or the media stays open`,
  )
}

/** The gates guide's failover test (G3.1, G3.3). */
export const failoverFields: Readonly<Record<string, Importer>> = {
  trunkId: (field, findings) => findings.bind(field.valueAt, 'trunkId', field.text),
  status: (field, findings) =>
    findings.refuse(
      field.valueAt,
      'status',
      `"${field.text}" can't be written: a trunk's state is what the platform says and a test call proves`,
    ),
  failover: (field, findings) => importNested(field, findings, sequenceFields),
  codecPreferences: (field, findings) => importListedCodecs(field, findings),
  sdpHandling: (field, findings) =>
    field.text === 'strict' || field.text === 'flexible'
      ? findings.map(field.valueAt, `sdpHandling ${field.text}`, `sip codecs --mode ${field.text}`)
      : findings.refuse(
          field.valueAt,
          'sdpHandling',
          `"${field.text}": strict or flexible expected`,
        ),
  maxConcurrentSessions: sessions,
}

const sequenceFields: Readonly<Record<string, Importer>> = {
  enabled: (field, findings) =>
    field.text === 'true'
      ? findings.map(field.valueAt, 'failover.enabled true', 'a test is there to be run')
      : findings.refuse(
          field.valueAt,
          'failover.enabled',
          `"${field.text}": a failover test that is off tests nothing`,
        ),
  sequence: (field, findings) => {
    if (!isSeq(field.node)) {
      findings.refuse(field.valueAt, 'failover.sequence', 'expected a list of trunks')
      return
    }
    for (const item of field.node.items)
      findings.bind(field.valueAt, 'failover.sequence', fieldText(item))
  },
  healthCheckIntervalSeconds: (field, findings) =>
    wholeNumber(field, findings, (seconds) =>
      findings.map(field.valueAt, `interval ${seconds} s`, `sip probe --interval ${seconds}s`),
    ),
  failureThreshold: (field, findings) =>
    wholeNumber(field, findings, (count) =>
      findings.map(field.valueAt, `failureThreshold ${count}`, `sip probe --failures ${count}`),
    ),
  recoveryThreshold: (field, findings) =>
    wholeNumber(field, findings, (count) =>
      findings.map(field.valueAt, `recoveryThreshold ${count}`, `sip probe --recoveries ${count}`),
    ),
}

function importNested(
  field: Field,
  findings: Findings,
  importers: Readonly<Record<string, Importer>>,
): void {
  const inner = fieldsOf(field.node)
  if (inner.length === 0) findings.refuse(field.valueAt, field.name, 'expected fields in braces')
  for (const one of inner) {
    const read = Object.hasOwn(importers, one.name) ? importers[one.name] : undefined
    if (read === undefined) unknownField(one, findings, importers)
    else read(one, findings)
  }
}
