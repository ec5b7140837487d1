import { z } from 'zod'
import type { StepContext } from '../../engine/step.ts'
import { type RecordName, recordName } from '../../kernel/ids.ts'
import { seconds } from '../../kernel/units.ts'
import { NoRecordError } from './errors.ts'
import { type Dns, type RecordSet, type RecordType, recordTypes } from './ports.ts'

/** What a step that speaks of one record is told of it. */
export const recordInput = {
  record: z.string().min(1).transform(recordName),
  type: z.enum(recordTypes),
}

export const secondsInput = z.number().int().positive().transform(seconds)

export type DnsContext = StepContext<{ readonly dns: Dns }>

interface RecordInput {
  readonly record: RecordName
  readonly type: RecordType
}

/** By what name a step foretells what a record will hold. */
export function valuesOf(name: RecordName, type: RecordType): string {
  return `values of ${name} ${type}`
}

/** @throws {NoRecordError} when there is none */
export async function readRecord(
  { record, type }: RecordInput,
  { ports, signal }: DnsContext,
): Promise<RecordSet> {
  const found = await ports.dns.provider(record).readRecord(record, type, signal)
  if (found === undefined) throw new NoRecordError(record, type)
  return found
}

/** Whether two record sets hold the same values; their order says nothing. */
export function sameValues(a: readonly string[], b: readonly string[]): boolean {
  const [left, right] = [a.toSorted(), b.toSorted()]
  return left.length === right.length && left.every((value, index) => value === right[index])
}
