import type { CodecTried } from '../../features/codecs/index.ts'
import type { ExitCode } from '../exit-codes.ts'
import { type ReportLine, table } from './print.ts'

const marks = {
  taken: { mark: '✔', style: 'green' },
  refused: { mark: '✖', style: 'red' },
  odd: { mark: '✖', style: 'red' },
  silent: { mark: '?', style: 'yellow' },
} as const satisfies Record<CodecTried['outcome'], { mark: string; style: ReportLine['style'] }>

/** Codec by codec what came of offering it alone, and what is left to fall back to. */
export function offerLines(
  tried: readonly CodecTried[],
  head: { readonly gateway: string; readonly number: string; readonly exit: ExitCode },
): readonly ReportLine[] {
  const rows = table(
    tried.map(({ codec, outcome, text }) => [` ${marks[outcome].mark} ${codec}`, outcome, text]),
  )
  const taken = tried.filter(({ outcome }) => outcome === 'taken').map(({ codec }) => codec)
  const summary = taken.length === 0 ? 'none is taken' : `taken, in this order: ${taken.join(', ')}`
  return [
    { text: `${head.gateway} · ${head.number} · each codec alone`, style: 'bold' },
    ...tried.map(({ outcome }, index): ReportLine => {
      return { text: rows[index] ?? '', style: marks[outcome].style }
    }),
    { text: '' },
    { text: `${summary}  exit ${head.exit}` },
  ]
}
