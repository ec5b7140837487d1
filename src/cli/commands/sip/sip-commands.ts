import { type Command, Option } from 'commander'
import { negotiationModes, signallings } from '../../../features/codecs/index.ts'
import type { ExitCode } from '../../exit-codes.ts'
import type { Shell } from '../../shell.ts'
import { type CodecOptions, judgeCodecs } from './codecs.ts'

type Does = (action: () => ExitCode | Promise<ExitCode>) => Promise<void>

/** `changeover sip …`: what is said on the wire, looked at without a plan. */
export function addSipCommands(program: Command, shell: Shell, does: Does): void {
  const sip = program.command('sip').description('look at SIP and at what it negotiates')
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
    .option('--json', 'print JSON, errors too')
    .action((...[offer, answer, reoffer, reanswer, options]: CodecArguments) =>
      does(() => {
        const again = [reoffer, reanswer].filter((file) => file !== undefined)
        return judgeCodecs(shell, [offer, answer, ...again], options)
      }),
    )
}

type CodecArguments = [string, string, string | undefined, string | undefined, CodecOptions]
