import { isScalar, isSeq } from 'yaml'
import type { Field, Findings } from './guide-import.ts'
import { suggest } from './nearest-name.ts'
import { codecs } from './plan-schema.ts'
import { scalarText } from './source-file.ts'

/** Reads one field of a payload. */
export type Importer = (field: Field, findings: Findings) => void

export const fieldText = (node: unknown): string => (isScalar(node) ? scalarText(node) : '')

/** A field that nobody knows, with the nearest name that somebody does. */
export function unknownField(
  field: Field,
  findings: Findings,
  importers: Readonly<Record<string, Importer>>,
): void {
  const hint = suggest(field.name, Object.keys(importers))
  findings.refuse(field.keyAt, field.name, `unknown field${hint}`)
}

/** A list of codecs, in their order; `toOurs` is the plan's name of each. */
export function importListedCodecs(
  field: Field,
  findings: Findings,
  toOurs: (name: string) => string = (name) => name,
): void {
  if (!isSeq(field.node)) {
    findings.refuse(field.valueAt, field.name, 'expected a list of codecs')
    return
  }
  const names = field.node.items.map((item) => toOurs(fieldText(item)))
  const strangers = names.filter((name) => !codecs.some((codec) => codec === name))
  for (const name of strangers)
    findings.refuse(field.valueAt, field.name, `"${name}" is no codec${suggest(name, [...codecs])}`)
  if (strangers.length === 0)
    findings.map(field.valueAt, field.name, `sites.*.trunk.codecs: [${names.join(', ')}]`)
}

/** Concurrent sessions: a number of the plan, which a person attests of the trunk. */
export const sessions: Importer = (field, findings) =>
  wholeNumber(field, findings, (value) => {
    findings.map(
      field.valueAt,
      `maxConcurrentSessions ${value}`,
      `sites.*.trunk.maxSessions: ${value}`,
    )
    findings.note(field.valueAt, {
      severity: 'warn',
      code: 'guide.attest',
      message: `maxConcurrentSessions: the vendor's API shows no such property; a person attests that the trunk takes ${value} sessions`,
    })
  })

export function wholeNumber(field: Field, findings: Findings, take: (value: number) => void): void {
  if (/^\d+$/.test(field.text)) take(Number(field.text))
  else findings.refuse(field.valueAt, field.name, `"${field.text}" is no whole number`)
}
