import { isWithin, normalName } from '../../protocols/dns/name.ts'

/** The zone that holds the name: the longest one, as delegation has it. */
export function zoneOf<Zone extends { readonly zone: string }>(
  name: string,
  zones: readonly Zone[],
): Zone | undefined {
  return zones
    .filter(({ zone }) => isWithin(name, zone))
    .toSorted((a, b) => normalName(b.zone).length - normalName(a.zone).length)[0]
}
