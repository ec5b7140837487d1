import { ms } from '../../kernel/units.ts'
import type { Ledger } from '../../lab/ledger.ts'
import type { LedgerSummary } from '../../lab/ledger-summary.ts'

/** World time: over which calls per second are counted. */
const lastMinute = ms(60_000)

/** Beside the steps: what came in on each side in the last minute, and what the world's ledger says. In rows of a width. */
export function ledgerLine(ledger: Ledger, width: number): readonly string[] {
  const { pbx, 'genesys-cloud': cloud } = ledger.perSecond(lastMinute)
  const { offered, answered, inProgress, withoutOutcome, doubled } = ledger.summary()
  return inRows(width, [
    `last 60 s pbx ${pbx.toFixed(2)} calls/s, cloud ${cloud.toFixed(2)} calls/s`,
    `offered ${offered}`,
    `answered pbx ${answered.pbx} cloud ${answered['genesys-cloud']}`,
    `in progress ${inProgress}`,
    `without outcome ${withoutOutcome.length}`,
    `doubled ${doubled.length}`,
  ])
}

/** As many parts to a row as fit; no part is ever broken. */
function inRows(width: number, parts: readonly string[]): readonly string[] {
  const rows: string[] = []
  for (const part of parts) {
    const last = rows.at(-1)
    const longer = `${last} · ${part}`
    if (last === undefined || longer.length > width) rows.push(part)
    else rows[rows.length - 1] = longer
  }
  return rows
}

/** Most callers that are named; the rest is counted. */
const mostNamed = 12

/** What the world's own ledger says happened to every caller. */
export function ledgerSummary(summary: LedgerSummary): readonly string[] {
  const { byOutcome, bySide, withoutOutcome, doubled, violations } = summary
  const sides = Object.entries(bySide).map(
    ([side, outcomes]) => `  ${side.padEnd(14)} ${describeOutcomes(outcomes)}`,
  )
  return [
    `offered ${summary.offered} · ${describeOutcomes(byOutcome)} · still up ${summary.inProgress}`,
    ...sides,
    `  returned over the interconnect ${summary.returned} · redirected ${summary.redirected} · CRM written ${summary.crm.written}, failed ${summary.crm.failed}`,
    ...named('without outcome', withoutOutcome),
    ...named('doubled', doubled),
    ...violations
      .slice(0, mostNamed)
      .map((violation) => `  broken promise: ${JSON.stringify(violation)}`),
  ]
}

function describeOutcomes(outcomes: Readonly<Record<string, number>>): string {
  return Object.entries(outcomes)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${outcome} ${count}`)
    .join(', ')
}

function named(what: string, calls: LedgerSummary['withoutOutcome']): readonly string[] {
  if (calls.length === 0) return [`  ${what}: none`]
  const lines = calls
    .slice(0, mostNamed)
    .map(
      ({ caller, dnis, because, at }) =>
        `    ${new Date(at).toISOString()} ${caller} → ${dnis}: ${because}`,
    )
  const more = calls.length > mostNamed ? [`    and ${calls.length - mostNamed} more`] : []
  return [`  ${what}: ${calls.length}`, ...lines, ...more]
}
