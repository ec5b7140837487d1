import type { Command } from 'commander'
import { type Does, jsonText } from '../../does.ts'
import type { Shell } from '../../shell.ts'
import { judgeCapture } from './capture.ts'

/** What looks at SIP and media without a plan and without a run. */
export function addSipCommands(program: Command, shell: Shell, does: Does): void {
  const sip = program.command('sip').description('look at SIP and media on the wire')
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
