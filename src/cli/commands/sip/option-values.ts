import { parseDuration } from '../../../kernel/duration.ts'
import type { Milliseconds } from '../../../kernel/units.ts'
import { UsageError } from '../../errors.ts'

/** A duration above zero, as people write it. */
export function durationOf(option: string, text: string): Milliseconds {
  const duration = parseDuration(text)
  if (duration !== undefined && duration > 0) return duration
  throw new UsageError(`${option} ${text} is no duration: write 500ms, 5s, 2m`)
}

/** A whole number from `least` up. */
export function wholeOf(option: string, text: string, least: number): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (number >= least) return number
  throw new UsageError(`${option} ${text} is no whole number from ${least} up`)
}

/** `5%` as 0.05. */
export function shareOf(option: string, text: string): number {
  const match = /^(\d{1,3}(?:\.\d+)?)\s*%$/.exec(text.trim())
  const share = Number(match?.[1]) / 100
  if (share >= 0 && share <= 1) return share
  throw new UsageError(`${option} ${text} is no share: write 5%`)
}
