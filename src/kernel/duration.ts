import { type Milliseconds, ms } from './units.ts'

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/**
 * Reads a duration as people write it: `300s`, `72h`, `1h30m`, `15 min`. A bare number has no unit and is refused.
 *
 * @returns undefined when the text is no duration
 */
export function parseDuration(text: string): Milliseconds | undefined {
  const parts = text.trim().matchAll(/(\d+(?:\.\d+)?)\s*(ms|min|s|m|h|d)\s*/gy)
  let total = 0
  let read = 0
  for (const [whole, amount, unit] of parts) {
    total += Number(amount) * (unitMs[unit ?? ''] ?? Number.NaN)
    read += whole.length
  }
  return read > 0 && read === text.trim().length ? ms(total) : undefined
}

/** `72 h`, `4 h 50 min`, `6 min 20 s`, `840 ms`: the two largest units, as the terminal shows it. */
export function formatDuration(duration: Milliseconds): string {
  if (duration <= 0) return '0 s'
  if (duration < 1000) return `${Math.round(duration)} ms`
  const total = Math.round(duration / 1000)
  const hours = Math.floor(total / 3600)
  const minutes = Math.floor((total % 3600) / 60)
  const rest = total % 60
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`
  if (minutes > 0) return rest > 0 ? `${minutes} min ${rest} s` : `${minutes} min`
  return `${rest} s`
}
