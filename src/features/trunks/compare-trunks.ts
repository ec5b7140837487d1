import type { TrunkSpec } from '../platform/index.ts'

/** One property in which a trunk is not what it should be. */
export interface TrunkDifference {
  readonly what: keyof TrunkSpec
  readonly wanted: string
  readonly found: string
  /** A difference that would change what callers hear or who gets in; others are only shown. */
  readonly matters: boolean
}

/** What callers would notice, or overhear, is never taken on trust. */
const mustBeShown: ReadonlySet<keyof TrunkSpec> = new Set(['callerId', 'srtp'])

/**
 * Compares a trunk with its specification, or with the trunk it mirrors (W2.1). Codecs keep their order.
 *
 * What the platform does not show can't be compared: it is listed, but does not matter, the caller's
 * identity and the encryption of media excepted.
 */
export function compareTrunks(
  wanted: TrunkSpec,
  found: TrunkSpec | undefined,
): readonly TrunkDifference[] {
  const properties = [
    'codecs',
    'transport',
    'srtp',
    'callerId',
    'maxSessions',
    'allowList',
  ] as const
  return properties.flatMap((what) => {
    const [left, right] = [show(wanted, what), show(found, what)]
    if (left === right || wanted[what] === undefined) return []
    const matters = found?.[what] !== undefined || mustBeShown.has(what)
    return [{ what, wanted: left, found: right, matters }]
  })
}

/** `codecs: PCMU, PCMA wanted, PCMA found`. */
export function describeDifference({ what, wanted, found }: TrunkDifference): string {
  return `${what}: ${wanted} wanted, ${found} found`
}

function show(trunk: TrunkSpec | undefined, what: keyof TrunkSpec): string {
  const value = trunk?.[what]
  if (value === undefined) return 'not shown'
  if (typeof value !== 'object') return String(value)
  const items = what === 'allowList' ? value.toSorted() : value
  return items.length === 0 ? 'none' : items.join(', ')
}
