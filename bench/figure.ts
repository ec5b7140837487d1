/** One line of the table: what we did, what a peer did with the same work on the same machine. */
export interface Figure {
  readonly bench: string
  readonly unit: string
  /** One sample per run, in order. */
  readonly ours: readonly number[]
  /** Absent: the figure stands alone. */
  readonly peer?: { readonly name: string; readonly theirs: readonly number[] }
  /** Compared with the ratio where there is a peer, else with our median. Printed, never asserted. */
  readonly target?: { readonly atLeast: number } | { readonly atMost: number }
  /** What one unit is, and what work each side does for it. */
  readonly means: string
}

/** What a benchmark is given to measure with. */
export interface BenchOptions {
  /** Measured runs; one more, unmeasured, warms up. */
  readonly runs: number
  readonly report: (line: string) => void
}

export interface Bench {
  readonly name: string
  measure(options: BenchOptions): Promise<readonly Figure[]>
}

export interface Summary {
  readonly median: number
  readonly least: number
  readonly most: number
}

export function summaryOf(samples: readonly number[]): Summary {
  return { median: quantile(samples, 0.5), least: Math.min(...samples), most: Math.max(...samples) }
}

/** The smallest sample that at least this share of all samples does not exceed; for 0.5 the median. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const upper = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
  if (share !== 0.5 || sorted.length % 2 === 1) return upper
  return (upper + (sorted[sorted.length / 2] ?? upper)) / 2
}

/** Our median over the peer's. */
export function ratioOf({ ours, peer }: Figure): number | undefined {
  return peer === undefined ? undefined : summaryOf(ours).median / summaryOf(peer.theirs).median
}

export function verdictOf(figure: Figure): 'met' | 'not met' | undefined {
  const { target, ours } = figure
  if (target === undefined) return undefined
  const value = ratioOf(figure) ?? summaryOf(ours).median
  const met = 'atLeast' in target ? value >= target.atLeast : value <= target.atMost
  return met ? 'met' : 'not met'
}
