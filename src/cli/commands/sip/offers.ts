import { offerCodecs } from '../../../app/offer-codecs.ts'
import {
  type CodecTried,
  type KnownCodec,
  knownCodecNames,
} from '../../../features/codecs/index.ts'
import { parseSipText } from '../../../features/plan/index.ts'
import { parseDuration } from '../../../kernel/duration.ts'
import { UsageError } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { offerLines } from '../../output/offer-lines.ts'
import { paintReport } from '../../output/print.ts'
import type { Shell } from '../../shell.ts'

export interface OfferOptions {
  readonly number: string
  readonly caller: string
  readonly codecs: string
  readonly timeout: string
  readonly json?: true
}

/** `sip offers`: each codec offered alone, in a call of its own (B5.1). 0 all taken, 1 not all, 5 a call met silence. */
export async function offerToGateway(
  { printer, interrupted: signal }: Shell,
  gateway: string,
  options: OfferOptions,
): Promise<ExitCode> {
  const target = parseSipText(gateway)
  if (!target.ok) throw new UsageError(target.problem)
  const timeout = parseDuration(options.timeout)
  if (timeout === undefined) throw new UsageError(`--timeout ${options.timeout}: 5s, 1m expected`)
  const { number, caller } = options
  const request = { target: target.value, number, caller }
  const tried = await offerCodecs(request, codecsOf(options.codecs), { timeout, signal })
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
