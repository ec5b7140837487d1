import type { Marks } from './report.ts'

/** Names of RFC 2474, 2597, 3246, 5865, 8622. */
const names: ReadonlyMap<number, string> = new Map([
  [0, 'unmarked'],
  [1, 'LE'],
  [44, 'VA'],
  [46, 'EF'],
  ...[1, 2, 3, 4, 5, 6, 7].map((level) => [level * 8, `CS${level}`] as const),
  ...[1, 2, 3, 4].flatMap((level) =>
    [1, 2, 3].map((drop) => [level * 8 + drop * 2, `AF${level}${drop}`] as const),
  ),
])

export const dscpName = (dscp: number) => names.get(dscp) ?? `DSCP ${dscp}`

/** `EF`, or `EF 400, unmarked 25` where packets differ; the most frequent first. */
export function describeMarks(marks: Marks): string {
  const sorted = [...marks].sort(([, one], [, other]) => other - one)
  const [only] = sorted
  if (only !== undefined && sorted.length === 1) return dscpName(only[0])
  return sorted.map(([dscp, packets]) => `${dscpName(dscp)} ${packets}`).join(', ')
}
