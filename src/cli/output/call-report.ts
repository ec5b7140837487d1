import type { SweptNumber } from '../../features/call-tests/index.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type Printer, paint, table } from './print.ts'

const marks = { right: '✔', wrong: '✖', unproved: '?' } as const
const styles = { right: 'green', wrong: 'red', unproved: 'yellow' } as const

/** One call as it ends. */
export function printSwept(
  printer: Printer,
  { number, verdict, because, answer }: SweptNumber,
): void {
  const who = answer.kind === 'answered' ? ` · ${answer.server || answer.contactHost}` : ''
  const codec = answer.kind === 'answered' && answer.codec !== '' ? ` · ${answer.codec}` : ''
  const line = ` ${marks[verdict]} ${number}  ${because}${who}${codec}`
  printer.line(paint(printer, styles[verdict], line))
}

/** What was measured of calls that were answered, and the sum. */
export function printCallReport(printer: Printer, swept: readonly SweptNumber[]): void {
  const rows = swept.flatMap((one) => measuredOf(one))
  if (rows.length > 0) {
    const head = [
      'number',
      'rings after',
      'answers after',
      'heard',
      'loss',
      'jitter',
      'MOS',
      'we are heard',
    ]
    printer.line()
    for (const line of table([head, ...rows])) printer.line(` ${line}`)
  }
  const count = (verdict: SweptNumber['verdict']) =>
    swept.filter((one) => one.verdict === verdict).length
  const sum = `${count('right')} of ${swept.length} right, ${count('wrong')} wrong, ${count('unproved')} unproved`
  printer.line(`\n${sum}`)
}

function measuredOf({ number, answer, media }: SweptNumber): readonly (readonly string[])[] {
  if (answer.kind !== 'answered') return []
  const times = [
    number,
    `${Math.round(answer.firstResponse)} ms`,
    `${Math.round(answer.answer)} ms`,
  ]
  const { media: found } = answer
  if (found === undefined || media === undefined) return [[...times, '–', '–', '–', '–', '–']]
  const heard = found.heard.toSorted((one, other) => other.voiced - one.voiced)[0]
  const { quality } = media
  return [
    [
      ...times,
      heard === undefined
        ? 'nothing'
        : `${heard.codec ?? heard.payloadType} ${levelText(heard.loudest)}`,
      quality === undefined ? '–' : `${(quality.loss * 100).toFixed(1)} %`,
      quality === undefined ? '–' : `${quality.jitterMs.toFixed(1)} ms`,
      quality === undefined ? '–' : quality.mos.toFixed(1),
      reachTexts[media.reach](found.farReport?.lost ?? 0),
    ],
  ]
}

const levelText = (level: number | undefined) =>
  level === undefined || !Number.isFinite(level) ? 'silent' : `${Math.round(level)} dBm0`

const reachTexts = {
  echo: () => 'by our echo',
  report: (lost: number) => `it reports ${lost} lost`,
  lost: () => 'no',
  unproved: () => 'unproved',
} as const

/** What is wrong outranks what could not be seen, or was not called any more. */
export function callExit(swept: readonly SweptNumber[], wanted: number): ExitCode {
  if (swept.some(({ verdict }) => verdict === 'wrong')) return exitCodes.noGo
  const right = swept.filter(({ verdict }) => verdict === 'right')
  return right.length === wanted ? exitCodes.go : exitCodes.hold
}
