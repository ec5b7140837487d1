import {
  createFindings,
  fieldsOf,
  type GuideImport,
  type GuideKind,
  guideKinds,
} from './guide-import.ts'
import { importGuideFields } from './import-guide-fields.ts'
import { importGuideWave } from './import-guide-wave.ts'
import { readSource, type SourceFile, startOf } from './source-file.ts'

export type { GuideImport } from './guide-import.ts'

/** Fields by which each payload is known; all of them are there. */
const marks: Readonly<Record<GuideKind, readonly string[]>> = {
  wave: ['waveId'],
  'dns-srv-record': ['name', 'type', 'target'],
  'trunk-activation': ['enabled', 'codecPreferences'],
  'interconnect-trunk': ['trunkType', 'sipTransport'],
  'trunk-failover': ['trunkId', 'failover'],
}

/** Payloads that the guides print and whose import comes with the part that they belong to. */
const later: Readonly<Record<string, readonly string[]>> = {
  'agent attributes': ['attributes'],
  'call record query': ['dateRange', 'reportType'],
  'routing flow': ['flowType', 'nodes'],
  'BYOC trunk': ['trunk'],
  'number assignment': ['routingRule'],
  'carrier failover': ['twilio_trunk_config'],
  'health check': ['health_check_config'],
  presence: ['presence'],
  'Route 53 change': ['Changes'],
  'contract probe': ['inputs'],
  'gate manifest': ['gate_id', 'thresholds'],
  'recording storage': ['region', 'encryption'],
  'rollback manifest': ['rollback_id'],
}

/** Whether a file is a payload of the guides that can be imported, and no plan. */
export function isGuidePayload(source: SourceFile): boolean {
  return recognise(source) !== undefined
}

/** Reads a payload as a guide prints it (P1.4): each field mapped, refused, or named as what a person must give. */
export function importGuidePayload(text: string, file: string): GuideImport {
  const source = readSource(text, file)
  const findings = createFindings(source)
  if (source.syntaxProblems.length > 0)
    return { ...findings.finish('unknown'), problems: source.syntaxProblems }
  const kind = recognise(source)
  if (kind === 'wave') return importGuideWave(source, findings)
  if (kind !== undefined) return importGuideFields(kind, source, findings)
  const named = Object.entries(later).find(([, fields]) => hasAll(source, fields))?.[0]
  const what =
    named === undefined
      ? 'this is no payload of the guides that is known'
      : `the import of this payload (${named}) is not there yet`
  findings.note(startOf(source.root), {
    code: 'guide.not-yet',
    message: `${what}; there is: ${guideKinds.join(', ')}`,
  })
  return findings.finish('unknown')
}

function recognise(source: SourceFile): GuideKind | undefined {
  if (hasAll(source, ['changeover'])) return undefined
  return guideKinds.find((kind) => hasAll(source, marks[kind]))
}

function hasAll(source: SourceFile, names: readonly string[]): boolean {
  const present = fieldsOf(source.root).map(({ name }) => name)
  return names.every((name) => present.includes(name))
}
