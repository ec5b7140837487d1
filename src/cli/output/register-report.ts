import type { ResolvedTarget, Silence } from '../../app/sip-tools.ts'
import type {
  CampaignProgress,
  CampaignReport,
  LeftAgent,
} from '../../features/registrations/index.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { formatSipAddress } from '../../kernel/sip-address.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type Printer, paint, table } from './print.ts'

/** Agents of one state that are named one by one; the others are counted by their reason, and all are in `--json`. */
const mostNamed = 20
/** Once everybody is settled a line is enough now and then. */
const quietEvery = 30

const counted = (value: number) => value.toLocaleString('en-US')
const trip = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
const perSecond = (value: number) =>
  `${value < 10 ? Number(value.toFixed(1)) : Math.round(value)}/s`

/** Prints how far a campaign is: each second until everybody is settled, then every half minute. */
export function createProgressPrinter(printer: Printer): (progress: CampaignProgress) => void {
  let quiet = 0
  return (progress) => {
    const { pending, retrying } = progress.counts
    const isQuiet = progress.phase === 'registering' && pending + retrying === 0
    quiet = isQuiet ? quiet + 1 : 0
    if (!isQuiet || quiet % quietEvery === 1) printer.line(progressLine(progress))
  }
}

function progressLine({
  phase,
  elapsed,
  counts,
  requests,
  accepted,
  trips,
  budget,
}: CampaignProgress): string {
  const { registered, pending, retrying, givenUp, takenBack } = counts
  const agents =
    phase === 'taking-back'
      ? [`taken back ${counted(takenBack)} of ${counted(takenBack + registered)}`]
      : [
          `registered ${counted(registered)}`,
          `pending ${counted(pending)}`,
          `retrying ${counted(retrying)}`,
          `given up ${counted(givenUp)}`,
        ]
  const parts = [
    ...agents,
    `${requests} requests in the last second of ${perSecond(budget)}`,
    `${accepted} × 200`,
    ...(trips === undefined ? [] : [`p50 ${trip(trips.p50)} p90 ${trip(trips.p90)}`]),
  ]
  return ` ${formatDuration(elapsed).padStart(11)}  ${parts.join(' · ')}`
}

type Registered = CampaignReport | Silence

const isSilence = (report: Registered): report is Silence => 'kind' in report

export function printRegisterReport(
  printer: Printer,
  report: Registered,
  target: ResolvedTarget,
): void {
  if (isSilence(report)) {
    const { because, code } = report
    printer.line(paint(printer, 'red', `✖ ${formatSipAddress(target)}: ${because} (${code})`))
    return
  }
  printer.line()
  for (const line of table(rowsOf(report))) printer.line(` ${line}`)
  printer.line()
  for (const state of ['givenUp', 'retrying', 'pending'] as const) {
    for (const line of leftLines(report.left.filter((one) => one.state === state)))
      printer.line(line)
  }
  const { style, text } = verdictOf(report, target)
  printer.line(paint(printer, style, text))
}

function rowsOf(report: CampaignReport): readonly (readonly string[])[] {
  const { counts, requests, repeated, answered, peak, trips, lowestBudget } = report
  const { takenBack, notTakenBack } = report
  const { registered, pending, retrying, givenUp } = counts
  return [
    ['agents', counted(registered + pending + retrying + givenUp + counts.takenBack)],
    ['registered', counted(registered)],
    ['given up', counted(givenUp)],
    ['retrying', counted(retrying)],
    ['pending', counted(pending)],
    [
      'requests',
      `${counted(requests)}, ${counted(answered)} answered, ${counted(repeated)} repetitions`,
    ],
    ['peak', `${perSecond(peak)}; the budget was ${perSecond(lowestBudget)} at its lowest`],
    [
      'latency',
      trips === undefined
        ? '–'
        : `p50 ${trip(trips.p50)} · p90 ${trip(trips.p90)} · p99 ${trip(trips.p99)} · most ${trip(trips.most)}`,
    ],
    ...(takenBack + notTakenBack === 0
      ? []
      : [['taken back', `${counted(takenBack)}${leftText(notTakenBack)}`]]),
  ]
}

const leftText = (count: number) =>
  count === 0 ? '' : `; ${counted(count)} not, they expire by themselves`

const marks = { givenUp: '✖', retrying: '!', pending: '?' } as const

function leftLines(agents: readonly LeftAgent[]): readonly string[] {
  const named = agents
    .slice(0, mostNamed)
    .map(({ address, state, because }) => ` ${marks[state]} ${address}  ${because}`)
  const others = new Map<string, number>()
  for (const { because } of agents.slice(mostNamed))
    others.set(because, (others.get(because) ?? 0) + 1)
  const summed = [...others].map(([because, some]) => `   and ${counted(some)} more: ${because}`)
  return [...named, ...summed]
}

function verdictOf(
  { end, counts, elapsed }: CampaignReport,
  target: ResolvedTarget,
): { readonly style: 'green' | 'yellow' | 'red'; readonly text: string } {
  const { registered, givenUp, pending, retrying } = counts
  const after = formatDuration(elapsed)
  if (end === 'unreachable')
    return { style: 'red', text: `✖ nobody answers at ${formatSipAddress(target)}` }
  if (givenUp > 0)
    return { style: 'red', text: `✖ ${counted(givenUp)} given up: somebody has to look at them` }
  if (pending + retrying > 0) {
    const text = `? ${counted(pending + retrying)} not registered yet after ${after}`
    return { style: 'yellow', text }
  }
  return { style: 'green', text: `✔ all ${counted(registered)} registered` }
}

export function registerExit(report: Registered): ExitCode {
  if (isSilence(report) || report.end === 'unreachable') return exitCodes.unreachable
  const { givenUp, pending, retrying } = report.counts
  if (givenUp > 0) return exitCodes.noGo
  return pending + retrying > 0 ? exitCodes.hold : exitCodes.go
}

export function registerJson(
  report: Registered,
  to: { readonly registrar: string; readonly target: ResolvedTarget },
): object {
  return { exit: registerExit(report), ...to, ...report }
}
