import {
  type CodecMatrix,
  type CodecRow,
  type Explanation,
  type Finding,
  isRefusing,
  type NegotiationMode,
  type Signalling,
} from '../../features/codecs/index.ts'
import type { ExitCode } from '../exit-codes.ts'
import { type ReportLine, table } from './print.ts'

/** What was looked at, and how. */
export interface ReportHead {
  readonly files: readonly string[]
  readonly mode: NegotiationMode
  readonly signalling: Signalling
  /** Nobody said what carries SIP. */
  readonly assumed: boolean
  readonly remarks: readonly {
    readonly file: string
    readonly line: number
    readonly text: string
  }[]
}

/** One screen: the verdict, stream by stream, what speaks for it with its source, what to do. */
export function explanationLines(
  explanation: Explanation,
  head: ReportHead & { readonly exit: ExitCode },
): readonly ReportLine[] {
  const { fits, summary, streams, findings, advice, fallback } = explanation
  const rows = streams.map(streamCells)
  return [
    titleLine(head, ' → '),
    ...table(rows).map((text) => ({ text })),
    ...findingLines(findings, head.mode),
    ...remarkLines(head),
    ...adviceLines(advice),
    ...(fallback.length === 0
      ? []
      : [{ text: `   not offered yet, and worth the next attempt: ${fallback.join(', ')}` }]),
    { text: '' },
    { text: closing(summary, head.exit), style: fits ? 'green' : 'red' },
  ]
}

function streamCells(stream: Explanation['streams'][number]): readonly string[] {
  const { media, state, codecs, direction, security } = stream
  if (state !== 'accepted') return [` – ${media}`, state]
  if (codecs.length === 0) return [` ✖ ${media}`, 'no codec', direction, security]
  return [` ✔ ${media}`, codecs.join(', '), direction, security]
}

function titleLine({ files, mode, signalling, assumed }: ReportHead, between: string): ReportLine {
  const carried = `SIP over ${signalling.toUpperCase()}${assumed ? ' (assumed; --signalling)' : ''}`
  return { text: `${files.join(between)} · ${mode} · ${carried}`, style: 'bold' }
}

const exitColumn = 112

const closing = (text: string, exit: ExitCode) =>
  `${text.padEnd(Math.max(text.length + 2, exitColumn))}exit ${exit}`

/** What refuses comes first; the same sentence about both sides' streams is told once. */
function findingLines(findings: readonly Finding[], mode: NegotiationMode): readonly ReportLine[] {
  const weights = ['broken', 'deviation', 'note'] as const
  const sorted = findings.toSorted(
    (one, other) => weights.indexOf(one.weight) - weights.indexOf(other.weight),
  )
  const lines = sorted.map((finding): ReportLine => {
    const text = `${finding.text}  (${finding.source})`
    if (isRefusing(finding, mode)) return { text: ` ✖ ${text}`, style: 'red' }
    return finding.weight === 'deviation'
      ? { text: ` ! ${text}`, style: 'yellow' }
      : { text: ` · ${text}` }
  })
  const seen = new Set<string>()
  return lines.filter(({ text }) => !seen.has(text) && seen.add(text))
}

function remarkLines({ remarks }: ReportHead): readonly ReportLine[] {
  return remarks.map(({ file, line, text }) => ({
    text: ` ! ${file}:${line}  ${text}`,
    style: 'yellow' as const,
  }))
}

const adviceLines = (advice: readonly string[]): readonly ReportLine[] =>
  advice.map((text) => ({ text: `   ${text}` }))

interface MatrixHead extends ReportHead {
  readonly names: { readonly left: string; readonly right: string }
  readonly exit: ExitCode
}

/** Both lists side by side, what would be chosen each way, what to allow. */
export function matrixLines(matrix: CodecMatrix, head: MatrixHead): readonly ReportLine[] {
  const { names, exit } = head
  const { rows, leftOffers, rightOffers, security, findings, advice } = matrix
  const title = ['   codec', names.left, names.right, '']
  const encryption = [
    ` ${security.fits ? '✔' : '✖'} encryption`,
    security.left,
    security.right,
    security.fits ? '' : 'do not meet',
  ]
  const outcome = (name: string, { codec, because }: CodecMatrix['leftOffers']) =>
    codec === undefined ? `${name} offers: ${because}` : `${name} offers: ${codec}, ${because}`
  return [
    titleLine(head, ' | '),
    ...table([title, ...rows.map(rowCells), encryption]).map((text) => ({ text })),
    ...findingLines(findings, head.mode),
    ...remarkLines(head),
    ...adviceLines(advice),
    { text: '' },
    ...[outcome(names.left, leftOffers), outcome(names.right, rightOffers)].map((text) => ({
      text,
    })),
    {
      text: closing(matrix.fits ? 'fits either way' : 'no: a call can’t be set up', exit),
      style: matrix.fits ? ('green' as const) : ('red' as const),
    },
  ]
}

const sides = { both: '✔', left: '◂', right: '▸' } as const

function rowCells({ codec, at, left, right, planned, differences }: CodecRow): readonly string[] {
  const cell = (place: CodecRow['left']) =>
    place === undefined ? '–' : `${place.position}. type ${place.payloadType}`
  const inPlan = planned ? ['in the plan'] : []
  const last = [...inPlan, ...differences].join(' · ')
  return [` ${sides[at]} ${codec}`, cell(left), cell(right), last]
}
