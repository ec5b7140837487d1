import type { Command } from 'commander'
import {
  type FailoverStep,
  formatTrialAnswer,
  guideProfile,
  type ProfileEntry,
  parseTrialAnswer,
} from '../../../features/carrier-failover/index.ts'
import { parseSipText } from '../../../features/plan/index.ts'
import type { SipAddress } from '../../../kernel/sip-address.ts'
import { type Does, jsonText } from '../../does.ts'
import { UsageError } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { type Printer, paint } from '../../output/print.ts'
import type { Shell } from '../../shell.ts'
import { durationOf } from './option-values.ts'
import { addReachOptions, firstTargetOf, openReach, type ReachOptions } from './reach.ts'

interface FailoverOptions extends ReachOptions {
  readonly number: string
  readonly as: readonly string[]
  readonly caller: string
  readonly movesOn: string
  readonly stays: string
  readonly patience: string
  readonly stands: string
  readonly json?: true
}

const listOf = (expected: ProfileEntry['expected']) =>
  guideProfile
    .filter((entry) => entry.expected === expected)
    .map(({ answer }) => formatTrialAnswer(answer))
    .join(',')

export function addFailover(sip: Command, shell: Shell, does: Does): void {
  const command = sip
    .command('failover <carrier>')
    .summary('prove which answers a carrier or SBC moves on from')
    .description(
      'play the targets of a carrier and call through it: exit 0 it moves on as its profile says, 1 it does not, 3 no call came to the primary, 5 DNS does not answer',
    )
    .requiredOption('--number <number>', 'called at the carrier; it must lead to our targets')
    .requiredOption('--as <sip-uri...>', 'where we listen as its targets, the primary first')
    .option('--caller <number>', 'who calls', 'changeover')
    .option('--moves-on <list>', 'answers after which the next target is tried', listOf('moves-on'))
    .option(
      '--stays <list>',
      'answers that the caller gets; "none" for an empty list',
      listOf('stays'),
    )
    .option(
      '--patience <duration>',
      'how long a call may take: longer than it waits for a silent target',
      '40s',
    )
    .option('--stands <duration>', 'how long a call must stand while its target is down', '5s')
    .option('--json', jsonText)
  addReachOptions(command).action((carrier, options) =>
    does(() => failover(shell, carrier, options)),
  )
}

/** `sip failover`: the profile of a carrier, proved by calls (G3.1, G3.2, D8). */
async function failover(
  shell: Shell,
  carrier: string,
  options: FailoverOptions,
): Promise<ExitCode> {
  const profile = [...entriesOf('moves-on', options.movesOn), ...entriesOf('stays', options.stays)]
  const targets = options.as.map(addressOf)
  if (targets.length < 2) throw new UsageError('--as: a primary and a secondary at least')
  const patience = durationOf('--patience', options.patience)
  const stands = durationOf('--stands', options.stands)
  const tools = await openReach(shell, options)
  const { number, caller } = options
  const request = {
    carrier: await firstTargetOf(tools, carrier, options),
    number,
    caller,
    targets,
    patience,
    stands,
  }
  const steps: FailoverStep[] = []
  for await (const step of tools.tryFailover(request, profile, shell.interrupted)) {
    steps.push(step)
    if (options.json !== true) printStep(shell.printer, step)
  }
  const exit = exitOf(steps)
  if (options.json === true) shell.printer.line(JSON.stringify({ exit, carrier, steps }, null, 2))
  else printSum(shell.printer, steps)
  return exit
}

function entriesOf(expected: ProfileEntry['expected'], list: string): readonly ProfileEntry[] {
  if (list === 'none') return []
  return list.split(',').map((text) => {
    const answer = parseTrialAnswer(text.trim())
    if (answer !== undefined) return { answer, expected }
    throw new UsageError(`"${text}" is no answer: write 503, 180+503 (after ringing) or silence`)
  })
}

function addressOf(text: string): SipAddress {
  const parsed = parseSipText(text)
  if (!parsed.ok) throw new UsageError(`--as: ${parsed.problem}`)
  if (parsed.value.transport === 'tls')
    throw new UsageError(`--as ${text}: UDP or TCP; a target over TLS is not played yet`)
  return parsed.value
}

const marks = { right: '✔', wrong: '✖', unknown: '?' } as const
const styles = { right: 'green', wrong: 'red', unknown: 'yellow' } as const

function printStep(printer: Printer, { what, verdict, because }: FailoverStep): void {
  printer.line(paint(printer, styles[verdict], ` ${marks[verdict]} ${what.padEnd(24)} ${because}`))
}

function printSum(printer: Printer, steps: readonly FailoverStep[]): void {
  const count = (verdict: FailoverStep['verdict']) =>
    steps.filter((step) => step.verdict === verdict).length
  printer.line(
    `\n${count('right')} of ${steps.length} as the profile says, ${count('wrong')} not, ${count('unknown')} not tried`,
  )
}

/** What is wrong outranks what could not be tried. */
function exitOf(steps: readonly FailoverStep[]): ExitCode {
  if (steps.some(({ verdict }) => verdict === 'wrong')) return exitCodes.noGo
  return steps.every(({ verdict }) => verdict === 'right') ? exitCodes.go : exitCodes.hold
}
