import type { Command } from 'commander'
import { openRedirect, type RedirectCounts } from '../../../app/redirect.ts'
import { parseSipText } from '../../../features/plan/index.ts'
import { type Cidr, cidrHas, parseCidr } from '../../../kernel/cidr.ts'
import { formatSipAddress, type SipAddress } from '../../../kernel/sip-address.ts'
import { type Does, jsonText } from '../../does.ts'
import { UsageError } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import type { Shell } from '../../shell.ts'
import { wholeOf } from './option-values.ts'
import { type ReachOptions, tlsOf } from './reach.ts'

interface RedirectCommandOptions extends Pick<ReachOptions, 'ca' | 'cert' | 'key'> {
  readonly listen: readonly string[]
  readonly to: readonly string[]
  readonly allow: readonly string[]
  readonly rate: string
  readonly json?: true
}

export function addRedirect(sip: Command, shell: Shell, does: Does): void {
  sip
    .command('redirect')
    .summary('answer calls with 302: where they are to go instead')
    .description(
      'answer INVITE with 302 and the addresses of --to in that order, OPTIONS with 200, until Ctrl-C',
    )
    .requiredOption('--listen <sip-uri...>', 'where: sip:0.0.0.0:5060, sip:…;transport=tcp, sips:…')
    .requiredOption('--to <sip-uri...>', 'where calls go; the number called is put before the host')
    .requiredOption('--allow <cidr...>', 'who may ask; others hear nothing')
    .option(
      '--rate <n>',
      'requests a second of one peer; above it 503, above twice it nothing',
      '200',
    )
    .option('--ca <file>', 'TLS: ask for certificates that these have signed, PEM')
    .option('--cert <file>', 'TLS: our certificate, PEM')
    .option('--key <file>', 'TLS: its key, PEM')
    .option('--json', jsonText)
    .action((options) => does(() => redirect(shell, options)))
}

/** `sip redirect`: a redirect server until Ctrl-C; what it answered is said at the end. */
async function redirect(shell: Shell, options: RedirectCommandOptions): Promise<ExitCode> {
  const listen = options.listen.map((text) => addressOf('--listen', text))
  const targets = options.to.map((text) => addressOf('--to', text))
  const allowed = options.allow.map(rangeOf)
  const perSecond = wholeOf('--rate', options.rate, 1)
  const tls = tlsOf(options)
  if (listen.some(({ transport }) => transport === 'tls') && tls.certificate === undefined)
    throw new UsageError('listening with TLS takes --cert and --key')
  const server = await openRedirect({
    listen,
    tls,
    isAllowed: (host) => allowed.some((range) => cidrHas(range, host)),
    rate: { perSecond, burst: perSecond },
    decide: ({ number }) => ({
      kind: 'redirect',
      contacts: targets.map((target) => contactOf(target, number)),
    }),
  })
  const { printer, interrupted } = shell
  if (options.json !== true) {
    for (const address of server.local) printer.line(`listening at ${formatSipAddress(address)}`)
    printer.line('Ctrl-C ends it')
  }
  await new Promise<void>((resolve) => {
    if (interrupted.aborted) resolve()
    else interrupted.addEventListener('abort', () => resolve(), { once: true })
  })
  await server.close()
  const counts = server.counts()
  printer.line(
    options.json === true ? JSON.stringify({ exit: 0, counts }, null, 2) : countsText(counts),
  )
  return exitCodes.go
}

function addressOf(option: string, text: string): SipAddress {
  const parsed = parseSipText(text)
  if (parsed.ok) return parsed.value
  throw new UsageError(`${option}: ${parsed.problem}`)
}

function rangeOf(text: string): Cidr {
  const parsed = parseCidr(text)
  if (parsed.ok) return parsed.value
  throw new UsageError(`--allow: ${parsed.problem}`)
}

function contactOf({ host, port, transport }: SipAddress, number: string): string {
  const before = number === '' ? '' : `${number}@`
  const parameter = transport === 'udp' ? '' : `;transport=${transport}`
  return `sip:${before}${host.includes(':') ? `[${host}]` : host}:${port}${parameter}`
}

function countsText(counts: RedirectCounts): string {
  const { redirected, refused, options, malformed, strangers, throttled } = counts
  return `${redirected} redirected, ${options} OPTIONS, ${refused} refused, ${malformed} malformed, ${throttled} above their rate, ${strangers} of strangers`
}
