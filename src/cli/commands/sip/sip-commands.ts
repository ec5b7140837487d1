import { type Command, Option } from 'commander'
import { negotiationModes, signallings } from '../../../features/codecs/index.ts'
import type { ExitCode } from '../../exit-codes.ts'
import type { Shell } from '../../shell.ts'
import { type CodecOptions, judgeCodecs } from './codecs.ts'
import { offerToGateway } from './offers.ts'

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
  addOffers(sip, shell, does)
}

function addOffers(sip: Command, shell: Shell, does: Does): void {
  sip
    .command('offers <gateway>')
    .summary('which codecs a gateway takes: each offered alone')
    .description(
      'call a number once for each codec, offering it alone, and hang up; exit 0 all taken, 1 not all, 5 no answer',
    )
    .requiredOption(
      '--number <number>',
      'called at the gateway; somebody or something answers there',
    )
    .option('--caller <number>', 'who calls', 'changeover')
    .option('--codecs <list>', 'of G722, PCMU, PCMA, G729, OPUS', 'G722,PCMU,PCMA')
    .option('--timeout <duration>', 'how long each may ring', '20s')
    .option('--json', 'print JSON, errors too')
    .action((gateway, options) => does(() => offerToGateway(shell, gateway, options)))
}

type CodecArguments = [string, string, string | undefined, string | undefined, CodecOptions]
