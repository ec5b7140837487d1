import { type Json, listAt, textAt } from './json.ts'

/** Values of a dimension; none where the thing has no such dimension. */
export type Dimensions = (dimension: string) => readonly string[]

/** Whether a filter of an analytics query (and / or of predicates and clauses) lets a thing through. */
export function passesFilter(filter: Json | undefined, dimensions: Dimensions): boolean {
  const results = [
    ...listAt(filter, 'predicates').map((predicate) => holdsFor(predicate, dimensions)),
    ...listAt(filter, 'clauses').map((clause) => passesFilter(clause, dimensions)),
  ]
  if (results.length === 0) return true
  return textAt(filter, 'type') === 'or' ? results.includes(true) : !results.includes(false)
}

function holdsFor(predicate: Json, dimensions: Dimensions): boolean {
  const values = dimensions(textAt(predicate, 'dimension') ?? '')
  const operator = textAt(predicate, 'operator') ?? 'matches'
  if (operator === 'exists') return values.length > 0
  if (operator === 'notExists') return values.length === 0
  return values.includes(textAt(predicate, 'value') ?? '')
}

export interface Interval {
  readonly from: number
  readonly to: number
}

/** `2026-01-01T00:00:00Z/2026-01-02T00:00:00Z`; undefined when it is none. */
export function parseInterval(text: string | undefined): Interval | undefined {
  const [from = Number.NaN, to = Number.NaN] = (text ?? '')
    .split('/')
    .map((part) => Date.parse(part))
  return from < to ? { from, to } : undefined
}

/** `PT15M`, `PT1H`, `P1D`: undefined when it is none. */
export function parseGranularity(text: string): number | undefined {
  const [, days, hours, minutes] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(text) ?? []
  const total = Number(days ?? 0) * 1440 + Number(hours ?? 0) * 60 + Number(minutes ?? 0)
  return total > 0 ? total * 60_000 : undefined
}
