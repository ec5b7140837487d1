import { basename } from 'node:path'
import { type Command, Option } from 'commander'
import { readText } from '../../../app/plan-files.ts'
import {
  codecMatrix,
  type ExchangeInCall,
  explainCall,
  type NegotiationMode,
  type NegotiationSide,
  negotiationModes,
  readSide,
  type SideProblem,
  type Signalling,
  signallingOf,
  signallings,
} from '../../../features/codecs/index.ts'
import { formatProblems } from '../../../features/plan/index.ts'
import { type Does, jsonText } from '../../does.ts'
import { UsageError } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { explanationLines, matrixLines, type ReportHead } from '../../output/codec-report.ts'
import { paintReport } from '../../output/print.ts'
import type { Shell } from '../../shell.ts'

export interface CodecOptions {
  readonly matrix?: true
  readonly mode: NegotiationMode
  readonly signalling?: Signalling
  readonly codecs: string
  readonly json?: true
}

type CodecArguments = [string, string, string | undefined, string | undefined, CodecOptions]

export function addCodecs(sip: Command, shell: Shell, does: Does): void {
  sip
    .command('codecs <offer> <answer> [reoffer] [reanswer]')
    .summary('whether an answer fits its offer, and why not')
    .description(
      'judge an answer by its offer: SDP, or SIP messages with it; a 488 is explained; exit 0 fits, 1 does not, 2 bad input',
    )
    .option('--matrix', 'both files are offers: their codecs side by side')
    .addOption(
      new Option('--mode <mode>', 'strict refuses every deviation')
        .choices([...negotiationModes])
        .default('flexible'),
    )
    .addOption(
      new Option(
        '--signalling <transport>',
        'what carries SIP (default: as its Via says, else udp)',
      ).choices([...signallings]),
    )
    .option('--codecs <list>', 'the plan’s list, most wanted first', 'G722,PCMU,PCMA')
    .option('--json', jsonText)
    .action((...[offer, answer, reoffer, reanswer, options]: CodecArguments) =>
      does(() => {
        const again = [reoffer, reanswer].filter((file) => file !== undefined)
        return judgeCodecs(shell, [offer, answer, ...again], options)
      }),
    )
}

/** `sip codecs`: an answer judged by its offer, or two offers side by side (G3.3, B5.1, H1.2). 0 fits, 1 not, 2 bad input. */
export function judgeCodecs(
  shell: Shell,
  files: readonly string[],
  options: CodecOptions,
): ExitCode {
  const sides: NegotiationSide[] = []
  const problems: SideProblem[] = []
  for (const file of files) {
    const read = readSide(readText(file), file, options.mode)
    if (read.kind === 'read') sides.push(read.side)
    else problems.push(read.problem)
  }
  if (problems.length > 0) return reportProblems(shell, problems, options)
  if (options.matrix === true) return compareOffers(shell, sides, options)
  return judgeExchanges(shell, sides, options)
}

function reportProblems(
  { printer }: Shell,
  problems: readonly SideProblem[],
  { json }: CodecOptions,
): ExitCode {
  const exit = exitCodes.badInput
  if (json === true) printer.line(JSON.stringify({ exit, problems }, null, 2))
  else printer.line(formatProblems(problems, { exit }))
  return exit
}

function plannedOf({ codecs }: CodecOptions): readonly string[] {
  const names = codecs.split(',').map((name) => name.trim().toUpperCase())
  if (names.every((name) => /^[\w.-]+$/.test(name))) return names
  throw new UsageError(`--codecs "${codecs}": names with commas between them expected`)
}

function headOf(sides: readonly NegotiationSide[], options: CodecOptions): ReportHead {
  return {
    files: sides.map(({ file }) => file),
    mode: options.mode,
    signalling: signallingOf(sides, options.signalling),
    assumed:
      options.signalling === undefined && sides.every((side) => side.signalling === undefined),
    remarks: sides.flatMap(({ file, remarks }) => remarks.map((remark) => ({ file, ...remark }))),
  }
}

function compareOffers(
  shell: Shell,
  sides: readonly NegotiationSide[],
  options: CodecOptions,
): ExitCode {
  const [left, right, ...more] = sides
  if (left === undefined || right === undefined || more.length > 0) {
    throw new UsageError('--matrix compares two files')
  }
  const names = namesOf(left, right)
  const head = headOf(sides, options)
  const question = { ...head, names, planned: plannedOf(options) }
  const missing = [left, right].filter(({ description }) => description === undefined)
  const matrix =
    left.description && right.description
      ? codecMatrix(left.description, right.description, question)
      : undefined
  if (matrix === undefined) {
    const file = missing[0]?.file ?? `${left.file} or ${right.file}`
    throw new UsageError(`${file} has no audio stream to compare`)
  }
  const exit = matrix.fits ? exitCodes.go : exitCodes.noGo
  if (options.json === true) {
    shell.printer.line(JSON.stringify({ exit, ...head, names, ...matrix }, null, 2))
  } else paintReport(shell.printer, matrixLines(matrix, { ...head, names, exit }))
  return exit
}

/** The files' names without their folders, where that tells them apart. */
function namesOf(left: NegotiationSide, right: NegotiationSide) {
  const [one, other] = [basename(left.file), basename(right.file)]
  return one === other ? { left: left.file, right: right.file } : { left: one, right: other }
}

function judgeExchanges(
  shell: Shell,
  sides: readonly NegotiationSide[],
  options: CodecOptions,
): ExitCode {
  const question = { ...options, planned: plannedOf(options) }
  const explained = explainCall(pairsOf(sides), question)
  if (explained.kind === 'unusable') return reportProblems(shell, [explained.problem], options)
  const { exchanges } = explained
  const exit = exchanges.every(({ explanation }) => explanation.fits)
    ? exitCodes.go
    : exitCodes.noGo
  printExchanges(shell, exchanges, { ...options, exit })
  return exit
}

type Pair = readonly [NegotiationSide, NegotiationSide]

function pairsOf([offer, answer, reoffer, reanswer]: readonly NegotiationSide[]): readonly Pair[] {
  if (offer === undefined || answer === undefined) throw new UsageError('two files expected')
  if (reoffer === undefined) return [[offer, answer]]
  if (reanswer !== undefined) {
    return [
      [offer, answer],
      [reoffer, reanswer],
    ]
  }
  throw new UsageError(`${reoffer.file} is a second offer; its answer is missing`)
}

function printExchanges(
  { printer }: Shell,
  exchanges: readonly ExchangeInCall[],
  options: CodecOptions & { readonly exit: ExitCode },
): void {
  const { exit } = options
  const told = exchanges.map(({ offer, answer, explanation }) => ({
    ...headOf([offer, answer], options),
    ...explanation,
  }))
  if (options.json === true) printer.line(JSON.stringify({ exit, exchanges: told }, null, 2))
  else for (const one of told) paintReport(printer, explanationLines(one, { ...one, exit }))
}
