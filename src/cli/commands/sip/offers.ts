import type { Command } from 'commander'
import {
  type CodecTried,
  type KnownCodec,
  knownCodecNames,
} from '../../../features/codecs/index.ts'
import { type Does, jsonText } from '../../does.ts'
import { UsageError } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { offerLines } from '../../output/offer-lines.ts'
import { paintReport } from '../../output/print.ts'
import type { Shell } from '../../shell.ts'
import { durationOf } from './option-values.ts'
import { addReachOptions, firstTargetOf, openReach, type ReachOptions } from './reach.ts'

export interface OfferOptions extends ReachOptions {
  readonly number: string
  readonly caller: string
  readonly codecs: string
  readonly timeout: string
  readonly json?: true
}

export function addOffers(sip: Command, shell: Shell, does: Does): void {
  const command = sip
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
    .option('--json', jsonText)
  addReachOptions(command).action((gateway, options) =>
    does(() => offerToGateway(shell, gateway, options)),
  )
}

/** `sip offers`: each codec offered alone, in a call of its own (B5.1). 0 all taken, 1 not all, 5 a call met silence. */
async function offerToGateway(
  shell: Shell,
  gateway: string,
  options: OfferOptions,
): Promise<ExitCode> {
  const { printer, interrupted: signal } = shell
  const codecs = codecsOf(options.codecs)
  const timeout = durationOf('--timeout', options.timeout)
  const tools = await openReach(shell, options)
  const target = await firstTargetOf(tools, gateway, options)
  const { number, caller } = options
  const tried = await tools.offerCodecs({ target, number, caller }, codecs, { timeout, signal })
  const exit = exitOf(tried)
  if (options.json === true) printer.line(JSON.stringify({ exit, gateway, number, tried }, null, 2))
  else paintReport(printer, offerLines(tried, { gateway, number, exit }))
  return exit
}

function codecsOf(list: string): readonly KnownCodec[] {
  return list.split(',').map((text) => {
    const name = text.trim().toUpperCase()
    const known = knownCodecNames.find((one) => one === name)
    if (known !== undefined) return known
    throw new UsageError(`--codecs "${text}": one of ${knownCodecNames.join(', ')} expected`)
  })
}

function exitOf(tried: readonly CodecTried[]): ExitCode {
  if (tried.some(({ outcome }) => outcome === 'silent')) return exitCodes.unreachable
  return tried.every(({ outcome }) => outcome === 'taken') ? exitCodes.go : exitCodes.noGo
}
