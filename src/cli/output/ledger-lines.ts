import { ms } from '../../kernel/units.ts'
import type { Ledger } from '../../lab/ledger.ts'
import type { LedgerSummary } from '../../lab/ledger-summary.ts'

const window = ms(5 * 60_000)

/** One line beside the steps: what comes in on each side now, and what the world's ledger says. */
export function ledgerLine(ledger: Ledger): string {
  const { pbx, 'genesys-cloud': cloud } = ledger.perSecond(window)
  const { offered, answered, inProgress, withoutOutcome, doubled } = ledger.summary()
  return [
    `calls/min pbx ${(60 * pbx).toFixed(1)} cloud ${(60 * cloud).toFixed(1)}`,
    `offered ${offered}`,
    `answered pbx ${answered.pbx} cloud ${answered['genesys-cloud']}`,
    `in progress ${inProgress}`,
    `without outcome ${withoutOutcome.length}`,
    `doubled ${doubled.length}`,
  ].join(' · ')
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
