import type { ResolvedTarget } from '../../app/sip-tools.ts'
import {
  type Health,
  type ProbeCheck,
  type ProbeLevel,
  type ProbeSummary,
  summarise,
} from '../../features/probes/index.ts'
import { parseIpAddress } from '../../kernel/ip-address.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type Printer, paint, table } from './print.ts'

/** All checks of one address. */
export interface ProbedTarget {
  readonly uri: string
  readonly address: ResolvedTarget
  readonly checks: readonly ProbeCheck[]
}

export interface ProbeReport {
  readonly targets: readonly ProbedTarget[]
  /** Our address as it is registered at the far side. */
  readonly egress?: string
}

const marks = { up: '✔', degraded: '!', down: '✖', unknown: '?' } as const
const styles = { up: 'green', degraded: 'yellow', down: 'red', unknown: 'yellow' } as const

const addressText = ({ transport, host, port }: ResolvedTarget) =>
  `${transport} ${host.includes(':') ? `[${host}]` : host}:${port}`

/** One check as it comes in. */
export function printCheck(printer: Printer, address: ResolvedTarget, check: ProbeCheck): void {
  const { answer, level, because, at } = check
  const time = new Date(at).toISOString().slice(11, 19)
  const parts =
    answer.kind === 'silent'
      ? [because, ...(answer.code === undefined ? [] : [`(${answer.code})`])]
      : [because, `${trip(answer.roundTrip)}`, answer.server]
  const text = [` ${marks[level]} ${time}Z`, addressText(address), ...parts].filter(Boolean)
  printer.line(paint(printer, styles[level], text.join('  ')))
}

function trip(roundTrip: number): string {
  return roundTrip < 10 ? `${roundTrip.toFixed(1)} ms` : `${Math.round(roundTrip)} ms`
}

export function printProbeReport(printer: Printer, report: ProbeReport): void {
  const rows = report.targets.map(({ address, checks }) => row(address, checks))
  const head = ['address', 'health', 'answered', 'least', 'p50', 'p90', 'p99', 'most']
  printer.line()
  for (const line of table([head, ...rows])) printer.line(` ${line}`)
  printer.line()
  for (const { address, checks } of report.targets) {
    if (report.targets.length > 1) printer.line(` ${addressText(address)}`)
    printer.line(`   ${address.because}`)
    for (const line of histogramLines(summarise(checks.map(({ answer }) => answer))))
      printer.line(`   ${line}`)
  }
  printer.line()
  for (const { style, text } of verdictLines(report)) printer.line(paint(printer, style, text))
}

function row(address: ResolvedTarget, checks: readonly ProbeCheck[]): readonly string[] {
  const { sent, answered, roundTrips } = summarise(checks.map(({ answer }) => answer))
  const { least, p50, p90, p99, most } = roundTrips ?? {}
  const trips = [least, p50, p90, p99, most].map((value) =>
    value === undefined ? '–' : trip(value),
  )
  const { health, flapping } = endOf(checks)
  const shown = flapping ? `${health}, flapping` : health
  return [addressText(address), shown, `${answered} of ${sent}`, ...trips]
}

const widestBar = 40

function histogramLines({ roundTrips }: ProbeSummary): readonly string[] {
  if (roundTrips === undefined) return []
  const { histogram } = roundTrips
  const most = Math.max(...histogram.map(({ count }) => count))
  return histogram.map(({ upTo, count }) => {
    const label = upTo === undefined ? 'above' : `≤ ${upTo} ms`
    const bar = '▇'.repeat(Math.ceil((count / most) * widestBar))
    return `${label.padStart(9)}  ${bar} ${count}`
  })
}

interface End {
  readonly health: Health
  readonly flapping: boolean
}

function endOf(checks: readonly ProbeCheck[]): End {
  return checks.at(-1)?.state ?? { health: 'unknown', flapping: false }
}

/** Addresses of ours that the far side saw and that are not the registered one (H1.2). */
function strayAddresses({ targets, egress }: ProbeReport): readonly string[] {
  if (egress === undefined) return []
  const seen = targets.flatMap(({ checks }) =>
    checks.flatMap(({ answer }) =>
      answer.kind === 'answered' && answer.seenAs !== undefined ? [answer.seenAs.host] : [],
    ),
  )
  return [...new Set(seen)].filter((host) => !isSameAddress(host, egress))
}

/** However each writes it: IPv6 has many ways. */
function isSameAddress(one: string, other: string): boolean {
  const [bytes, others] = [one, other].map(parseIpAddress)
  return bytes !== undefined && others !== undefined && String(bytes) === String(others)
}

/** Whether any far side has said where it sees us: without that nothing is known of our egress. */
function wasSeen({ targets }: ProbeReport): boolean {
  return targets.some(({ checks }) =>
    checks.some(({ answer }) => answer.kind === 'answered' && answer.seenAs !== undefined),
  )
}

interface Verdict {
  readonly style: 'green' | 'yellow' | 'red'
  readonly text: string
}

function verdictLines(report: ProbeReport): readonly Verdict[] {
  const lines: Verdict[] = report.targets.map(({ address, checks }) => {
    const { health, flapping } = endOf(checks)
    const last = checks.at(-1)
    const what = `${marks[health]} ${addressText(address)} ${sentence(health, flapping, last)}`
    return { style: flapping && health === 'up' ? 'yellow' : styles[health], text: what }
  })
  for (const stray of strayAddresses(report)) {
    const text = `✖ the far side sees us as ${stray}, not as ${report.egress}: what it sends to the registered address goes astray`
    lines.push({ style: 'red', text })
  }
  if (report.egress !== undefined && !wasSeen(report)) {
    const text = `? no far side says where it sees us (received, rport): whether that is ${report.egress} can't be known`
    lines.push({ style: 'yellow', text })
  }
  return lines
}

function sentence(health: Health, flapping: boolean, last: ProbeCheck | undefined): string {
  if (flapping) return `goes and comes (now ${health}): find out why before anything rests on it`
  if (health === 'up') return 'is up'
  if (health === 'unknown')
    return `can't be judged: too few checks${last === undefined ? '' : `; the last: ${last.because}`}`
  return `is ${health}: ${last?.because ?? ''}`
}

/** Down outranks what can't be trusted yet. */
export function probeExit(report: ProbeReport): ExitCode {
  const ends = report.targets.map(({ checks }) => endOf(checks))
  if (ends.some(({ health }) => health === 'down')) return exitCodes.noGo
  if (strayAddresses(report).length > 0) return exitCodes.noGo
  if (report.egress !== undefined && !wasSeen(report)) return exitCodes.hold
  const trusted = ({ health, flapping }: End) => health === 'up' && !flapping
  return ends.length > 0 && ends.every(trusted) ? exitCodes.go : exitCodes.hold
}

interface ProbeJson {
  readonly exit: ExitCode
  readonly targets: readonly object[]
  readonly strayAddresses: readonly string[]
}

export function probeJson(report: ProbeReport): ProbeJson {
  return {
    exit: probeExit(report),
    strayAddresses: strayAddresses(report),
    targets: report.targets.map(({ uri, address, checks }) => ({
      uri,
      address,
      ...endOf(checks),
      ...summarise(checks.map(({ answer }) => answer)),
      checks: checks.map(
        ({ at, level, because, answer }): CheckJson => ({ at, level, because, answer }),
      ),
    })),
  }
}

interface CheckJson {
  readonly at: number
  readonly level: ProbeLevel
  readonly because: string
  readonly answer: ProbeCheck['answer']
}
