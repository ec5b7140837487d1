import type { SipAddress } from '../../kernel/sip-address.ts'
import type { HostPort, WindowText } from './parse-values.ts'
import type { SecretRef } from './plan.ts'
import type { PlanFile } from './plan-schema.ts'

/** Values that a parser made in one piece: there or not, never half. */
type Whole = string | number | boolean | SipAddress | SecretRef | HostPort | WindowText

/** What could be read of something that has problems: anything may be absent. */
export type Draft<T> = T extends Whole
  ? T
  : T extends readonly (infer Item)[]
    ? readonly (Draft<Item> | undefined)[]
    : T extends object
      ? { readonly [Key in keyof T]?: Draft<T[Key]> | undefined }
      : T

export type PlanDraft = Draft<PlanFile>
export type SiteDraft = Draft<PlanFile['sites'][string]>
export type WaveDraft = Draft<PlanFile['waves'][string]>
export type PlatformDraft = Draft<PlanFile['platforms'][string]>

/** Entries of a record that may be absent. */
export function entriesOf<Value>(
  record: Readonly<Record<string, Value | undefined>> | undefined,
): readonly (readonly [string, Value])[] {
  return Object.entries(record ?? {}).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  )
}

/** A member by a name from outside: `constructor` is no site. */
export function memberOf<Value>(
  record: Readonly<Record<string, Value | undefined>> | undefined,
  name: string | undefined,
): Value | undefined {
  return name !== undefined && record !== undefined && Object.hasOwn(record, name)
    ? record[name]
    : undefined
}
