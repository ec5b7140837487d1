import { readLocalTime } from '../../kernel/local-time.ts'
import { fail, ok } from '../../kernel/result.ts'
import type { EpochMs } from '../../kernel/units.ts'
import type { Parsed, WindowText } from './parse-values.ts'

export interface Window {
  readonly from: EpochMs
  readonly to: EpochMs
}

/** A window in the plan's zone. Times that clocks skip or show twice are refused by name, not guessed. */
export function readWindow({ from, to }: WindowText, timeZone: string): Parsed<Window> {
  const [start, end] = [readEnd(from, timeZone), readEnd(to, timeZone)]
  if (!start.ok) return start
  if (!end.ok) return end
  if (end.value <= start.value) return fail(`the window ends before it begins (${from} .. ${to})`)
  return ok({ from: start.value, to: end.value })
}

function readEnd(text: string, timeZone: string): Parsed<EpochMs> {
  const time = readLocalTime(text, timeZone)
  switch (time.kind) {
    case 'instant':
      return ok(time.at)
    case 'gap':
      return fail(
        `${text} does not exist in ${timeZone}: clocks jump over it; write ${time.before} or ${time.after}`,
      )
    case 'fold':
      return fail(
        `${text} comes twice in ${timeZone}: clocks go back; write ${text} ${time.offsets[0]} or ${text} ${time.offsets[1]}`,
      )
    case 'unreadable':
      return fail(`"${text}" is no time; write 2026-12-05 22:00`)
  }
}
