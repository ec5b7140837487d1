import { fail, ok } from '../../kernel/result.ts'
import type { Parsed } from './parse-values.ts'

/** A range larger than this is a slip of the pen, not a site. */
const mostNumbers = 10_000

const shape = 'write +12145550100, or a range +1 214 555 0100 - 0149'

/**
 * Reads one number or a range of them, as E.164.
 *
 * A range's end may be written by its last digits only: `+1 214 555 0100 - 0149` is fifty numbers.
 */
export function parseNumbers(text: string): Parsed<readonly string[]> {
  const parts = text.split(/\s+-\s+|\s*–\s*|\s*\.\.\s*/)
  const [first, last, ...more] = parts.map((part) => part.replace(/[\s().-]/g, ''))
  if (first === undefined || more.length > 0) return fail(`"${text}" is no number; ${shape}`)
  if (!isE164(first)) return fail(`"${text}" is no E.164 number; ${shape}`)
  return last === undefined ? ok([first]) : expand(text, first, last)
}

function expand(text: string, first: string, last: string): Parsed<readonly string[]> {
  const end = last.startsWith('+')
    ? last
    : first.slice(0, Math.max(0, first.length - last.length)) + last
  const readable = /^\+?\d+$/.test(last) && isE164(end) && end.length === first.length
  if (!readable) return fail(`"${text}": the range's end is not understood; ${shape}`)
  const [from, to] = [BigInt(first.slice(1)), BigInt(end.slice(1))]
  if (to < from) return fail(`"${text}" runs backwards: ${end} comes before ${first}`)
  const count = Number(to - from) + 1
  if (count > mostNumbers)
    return fail(`"${text}" is ${count} numbers; a range has at most ${mostNumbers}`)
  return ok(Array.from({ length: count }, (_, index) => `+${from + BigInt(index)}`))
}

function isE164(text: string): boolean {
  return /^\+[1-9]\d{6,14}$/.test(text)
}
