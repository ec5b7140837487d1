import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import {
  type SweepPlan,
  type SweptNumber,
  sweepNumbers,
} from '../../../features/call-tests/index.ts'
import { type Does, jsonText } from '../../does.ts'
import { UsageError } from '../../errors.ts'
import type { ExitCode } from '../../exit-codes.ts'
import { callExit, printCallReport, printSwept } from '../../output/call-report.ts'
import type { Shell } from '../../shell.ts'
import { durationOf, wholeOf } from './option-values.ts'
import { addReachOptions, firstTargetOf, openReach, type ReachOptions } from './reach.ts'

interface CallOptions extends ReachOptions {
  readonly numbers?: string
  readonly caller: string
  readonly talk: string
  readonly digits?: string
  readonly patience: string
  readonly header?: readonly string[]
  readonly expectHost?: string
  readonly expectServer?: string
  readonly atOnce: string
  readonly json?: true
}

export function addCall(sip: Command, shell: Shell, does: Does): void {
  const command = sip
    .command('call <gateway> [number...]')
    .summary('call numbers, talk, and see who answers and whether audio goes both ways')
    .description(
      'call numbers at a gateway, talk and hang up; exit 0 all is right, 1 a number is not, 3 audio our way is heard and nothing proves the other way, 5 DNS does not answer',
    )
    .option('--numbers <file>', 'one number a line, after those named')
    .option('--caller <number>', 'who calls', 'changeover')
    .option('--talk <duration>', 'how long; 0s is signalling alone', '4s')
    .option('--digits <keys>', 'keys to press while talking')
    .option('--patience <duration>', 'how long each may ring', '20s')
    .option('--header <line...>', 'more headers of the INVITE, "Name: value"')
    .option('--expect-host <host>', 'who answers must do so from here')
    .option('--expect-server <text>', 'who answers must name itself so')
    .option('--at-once <n>', 'calls at the same time', '5')
    .option('--json', jsonText)
  addReachOptions(command).action((gateway, numbers, options) =>
    does(() => call(shell, [gateway, ...numbers], options)),
  )
}

/** `sip call`: test calls, one or a sweep over many numbers (X6, B4.3, H1.2). */
async function call(
  shell: Shell,
  [gateway = '', ...named]: readonly string[],
  options: CallOptions,
): Promise<ExitCode> {
  const numbers = [...named, ...listedIn(options.numbers)]
  if (numbers.length === 0) throw new UsageError('no number to call: name one, or give --numbers')
  const plan = planOf(numbers, options)
  const tools = await openReach(shell, options)
  const target = await firstTargetOf(tools, gateway, options)
  const swept: SweptNumber[] = []
  for await (const one of sweepNumbers(tools, { ...plan, target }, shell.interrupted)) {
    swept.push(one)
    if (options.json !== true) printSwept(shell.printer, one)
  }
  const exit = callExit(swept, numbers.length)
  if (options.json === true)
    shell.printer.line(JSON.stringify({ exit, gateway, target, calls: swept }, null, 2))
  else printCallReport(shell.printer, swept)
  return exit
}

function planOf(numbers: readonly string[], options: CallOptions): Omit<SweepPlan, 'target'> {
  const { caller, digits, expectHost, expectServer } = options
  const duration = options.talk === '0s' ? undefined : durationOf('--talk', options.talk)
  if (digits !== undefined && !/^[\dA-D*#]+$/.test(digits))
    throw new UsageError(`--digits ${digits}: keys are 0 to 9, *, # and A to D`)
  if (digits !== undefined && duration === undefined)
    throw new UsageError('--digits need a call that talks: leave --talk 0s')
  const talk =
    duration === undefined ? undefined : { duration, ...(digits === undefined ? {} : { digits }) }
  return {
    numbers,
    nonce: randomBytes(6).toString('hex'),
    atOnce: wholeOf('--at-once', options.atOnce, 1),
    call: {
      caller,
      patience: durationOf('--patience', options.patience),
      headers: (options.header ?? []).map(headerOf),
      ...(talk === undefined ? {} : { talk }),
    },
    expected: {
      ...(expectHost === undefined ? {} : { host: expectHost }),
      ...(expectServer === undefined ? {} : { server: expectServer }),
    },
  }
}

function headerOf(line: string) {
  const match = /^([\w\-.!%*+`'~]+)\s*:\s*([^\r\n]*)$/.exec(line)
  if (match?.[1] === undefined || match[2] === undefined)
    throw new UsageError(`--header "${line}" is no header: write "Name: value"`)
  return { name: match[1], value: match[2] }
}

function listedIn(file: string | undefined): readonly string[] {
  if (file === undefined) return []
  try {
    const lines = readFileSync(file, 'utf8').split(/\r?\n/)
    return lines
      .map((line) => line.replace(/(?:^|\s)#(?:\s.*|$)/, '').trim())
      .filter((line) => line !== '')
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`--numbers ${file} can't be read: ${problem}`, { cause })
  }
}
