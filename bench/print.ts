import { type Figure, ratioOf, summaryOf, verdictOf } from './figure.ts'

/** One line for machines. */
export function asJson(figure: Figure): string {
  const { bench, unit, ours, peer } = figure
  const us = summaryOf(ours)
  const them = peer === undefined ? undefined : summaryOf(peer.theirs)
  return JSON.stringify({
    bench,
    unit,
    ours: rounded(us.median),
    peer: peer?.name ?? null,
    theirs: them === undefined ? null : rounded(them.median),
    ratio: rounded(ratioOf(figure)),
    runs: ours.length,
    oursSpread: [rounded(us.least), rounded(us.most)],
    theirsSpread: them === undefined ? null : [rounded(them.least), rounded(them.most)],
    target: figure.target ?? null,
    verdict: verdictOf(figure) ?? null,
    means: figure.means,
  })
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Number(value.toPrecision(4))
}

const headings = ['bench', 'unit', 'ours (least–most)', 'theirs (least–most)', 'ratio', 'target']

/** A table for people, and below it what each line means. */
export function asTable(figures: readonly Figure[]): string {
  const rows = [headings, ...figures.map(cellsOf)]
  const widths = headings.map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  )
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const notes = figures.map(({ bench, peer, means }) => {
    const against = peer === undefined ? '' : ` Peer: ${peer.name}.`
    return `${bench}: ${means}${against}`
  })
  return [...lines, '', ...notes].join('\n')
}

function cellsOf(figure: Figure): readonly string[] {
  const ratio = ratioOf(figure)
  return [
    figure.bench,
    figure.unit,
    spread(figure.ours),
    figure.peer === undefined ? '–' : spread(figure.peer.theirs),
    ratio === undefined ? '–' : short(ratio),
    targetOf(figure),
  ]
}

function targetOf(figure: Figure): string {
  const { target } = figure
  if (target === undefined) return '–'
  const bound = 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`
  return `${bound} ${verdictOf(figure) ?? ''}`.trimEnd()
}

function spread(samples: readonly number[]): string {
  const { median, least, most } = summaryOf(samples)
  return `${short(median)} (${short(least)}–${short(most)})`
}

function short(value: number): string {
  return value >= 100
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(3)))
}
