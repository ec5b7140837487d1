import type { PreflightRow } from '../../app/preflight-question.ts'
import { type Printer, paint } from './print.ts'

type State = PreflightRow['state']

const marks: Readonly<Record<State, string>> = {
  had: '✔',
  missing: '✖',
  unknown: '?',
  unreachable: '✖',
  attested: '✎',
}
const styles = {
  had: 'green',
  missing: 'red',
  unknown: 'yellow',
  unreachable: 'red',
  attested: 'yellow',
} as const
/** What must be done is read last, where the eye is when the command has ended. */
const order: readonly State[] = ['had', 'attested', 'unknown', 'unreachable', 'missing']

/** The preflight table: one screen, by area, with what to do below each row that is not had. */
export function printPreflight(printer: Printer, rows: readonly PreflightRow[]): void {
  for (const { state, text } of preflightLines(rows, printer.width ?? 120)) {
    printer.line(paint(printer, styles[state], text))
  }
  const count = (state: State) => rows.filter((row) => row.state === state).length
  printer.line(
    `\n${count('had')} had, ${count('attested')} attested, ${count('missing')} missing, ${count('unknown')} can't be known, ${count('unreachable')} not answered; nothing was changed`,
  )
}

interface Line {
  readonly state: State
  readonly text: string
}

export function preflightLines(rows: readonly PreflightRow[], width: number): readonly Line[] {
  const shown = foldCauses(foldGroups(rows)).toSorted(
    (a, b) => order.indexOf(a.state) - order.indexOf(b.state),
  )
  const widest = (cells: readonly string[]) => Math.max(...cells.map(({ length }) => length), 0)
  const areas = widest(shown.map(({ area }) => area))
  // A name that is longer than most pushes its own line only.
  const whats = Math.min(44, widest(shown.map(({ what }) => what)))
  const indent = ' '.repeat(areas + whats + 8)
  return shown.flatMap(({ state, area, what, because, todo, attestAs }) => {
    const head = ` ${marks[state]}  ${area.padEnd(areas)}  ${what.padEnd(whats)}  `
    const advice = [
      ...(todo === undefined ? [] : [todo]),
      ...(attestAs === undefined
        ? []
        : [`${todo === undefined ? '' : 'then  '}attest: - { what: "${attestAs}", because: … }`]),
    ]
    return [
      ...wrap(head, because, { indent, width }),
      ...advice.flatMap((text) => wrap('      → ', text, { indent: '        ', width })),
    ].map((text) => ({ state, text }))
  })
}

/** Rows of one group that are all had are one answer: nobody reads twenty permissions to see that none is missing. */
function foldGroups(rows: readonly PreflightRow[]): readonly PreflightRow[] {
  const isFolded = ({ group, state }: PreflightRow) => group !== undefined && state === 'had'
  return rows.flatMap((row, index) => {
    if (!isFolded(row)) return [row]
    const ofGroup = rows.filter(
      (other) => isFolded(other) && other.area === row.area && other.group === row.group,
    )
    if (rows.indexOf(ofGroup[0] ?? row) !== index) return []
    const because = `${ofGroup.length} that its steps need, all had; --json names them`
    return [{ ...row, what: row.group ?? row.what, because }]
  })
}

/** A server that is down is one answer, not one for each need that it was to be asked for. */
function foldCauses(rows: readonly PreflightRow[]): readonly PreflightRow[] {
  const isOf = (because: string) => (row: PreflightRow) =>
    row.state === 'unreachable' && row.because === because
  return rows.flatMap((row, index) => {
    if (row.state !== 'unreachable') return [row]
    const ofCause = rows.filter(isOf(row.because))
    if (ofCause.length === 1) return [row]
    if (rows.findIndex(isOf(row.because)) !== index) return []
    const todo = ofCause.find((one) => one.todo !== undefined)?.todo
    const what = `${row.what} and ${ofCause.length - 1} more`
    return [{ ...row, what, ...(todo === undefined ? {} : { todo }) }]
  })
}

function wrap(
  first: string,
  text: string,
  { indent, width }: { readonly indent: string; readonly width: number },
): readonly string[] {
  const lines: string[] = []
  let line = first
  let isFresh = true
  for (const word of text.split(' ')) {
    if (!isFresh && line.length + 1 + word.length > width) {
      lines.push(line)
      line = indent
      isFresh = true
    }
    line += isFresh ? word : ` ${word}`
    isFresh = false
  }
  return [...lines, line].map((one) => one.trimEnd())
}
