import type { Command } from 'commander'
import { type AnalysedCapture, analyseCapture } from '../../../app/analyse-capture.ts'
import {
  judgeBothWays,
  judgeMarking,
  judgeMediaWay,
  worstOf,
} from '../../../features/captures/index.ts'
import { type Cidr, parseCidr } from '../../../kernel/cidr.ts'
import { type Does, jsonText } from '../../does.ts'
import { UsageError } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { type CaptureVerdicts, captureJson } from '../../output/capture-json.ts'
import { captureLines } from '../../output/capture-lines.ts'
import { paint } from '../../output/print.ts'
import type { Shell } from '../../shell.ts'

export interface CaptureOptions {
  readonly edge?: readonly string[]
  readonly cloud?: readonly string[]
  readonly json?: true
}

export function addCapture(sip: Command, shell: Shell, does: Does): void {
  sip
    .command('capture <file>')
    .summary('calls, streams and marking in a pcap or pcapng file')
    .description(
      'calls and media streams in a pcap or pcapng file ("-": standard input), their marking and their way; exit 0, 1 a verdict fails, 2 bad input, 3 it can\'t be known',
    )
    .option('--edge <cidr...>', "where the site's own SBC or edge sends and receives media")
    .option('--cloud <cidr...>', "the cloud's media ranges: what goes there directly fails")
    .option('--json', jsonText)
    .action((file, options) => does(() => judgeCapture(shell, file, options)))
}

/** `sip capture`: what a capture proves of marking (H1.3) and of the media's way (H1.4). */
export async function judgeCapture(
  shell: Shell,
  path: string,
  options: CaptureOptions,
): Promise<ExitCode> {
  const { printer, interrupted } = shell
  const ranges = { edge: rangesOf('--edge', options), cloud: rangesOf('--cloud', options) }
  const capture = await analyseCapture(path, interrupted)
  const { report } = capture
  const asked = options.edge !== undefined || options.cloud !== undefined
  const verdicts: CaptureVerdicts = {
    marking: judgeMarking(report),
    bothWays: judgeBothWays(report.dialogs),
    ...(asked ? { way: judgeMediaWay(report.streams, ranges) } : {}),
  }
  const exit = exitOf(capture, verdicts)
  if (options.json === true) {
    printer.line(captureJson({ path, exit, capture, verdicts }))
    return exit
  }
  for (const { text, style } of captureLines({ path, capture, verdicts })) {
    printer.line(style === undefined ? text : paint(printer, style, text))
  }
  return exit
}

function rangesOf(option: '--edge' | '--cloud', options: CaptureOptions): readonly Cidr[] {
  const texts = (option === '--edge' ? options.edge : options.cloud) ?? []
  return texts.map((text) => {
    const parsed = parseCidr(text)
    if (!parsed.ok) throw new UsageError(`${option}: ${parsed.problem}`)
    return parsed.value
  })
}

/** One-way media is always a fault; that no call was seen both ways is none: the media may pass elsewhere. */
function exitOf(
  { isStopped }: AnalysedCapture,
  { marking, bothWays, way }: CaptureVerdicts,
): ExitCode {
  const verdicts = [marking.verdict, ...(way === undefined ? [] : [way.verdict])]
  const verdict = worstOf(bothWays.verdict === 'fail' ? [...verdicts, 'fail'] : verdicts)
  if (verdict === 'fail') return exitCodes.noGo
  return verdict === 'unknown' || isStopped ? exitCodes.hold : exitCodes.go
}
