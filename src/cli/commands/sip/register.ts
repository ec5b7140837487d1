import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { readRegisteringAgents } from '../../../app/registering-agents.ts'
import { formatProblems } from '../../../features/plan/index.ts'
import {
  type CampaignSettings,
  guideRegistration,
  type RegisteringAgent,
} from '../../../features/registrations/index.ts'
import { ms } from '../../../kernel/units.ts'
import { type Does, jsonText } from '../../does.ts'
import { UsageError } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import {
  createProgressPrinter,
  printRegisterReport,
  registerExit,
  registerJson,
} from '../../output/register-report.ts'
import type { Shell } from '../../shell.ts'
import { durationOf, shareOf, wholeOf } from './option-values.ts'
import { addReachOptions, firstTargetOf, openReach, type ReachOptions } from './reach.ts'

interface RegisterOptions extends ReachOptions {
  readonly agents: string
  readonly rate: string
  readonly expires: string
  readonly stagger: string
  readonly slowOver: string
  readonly refusedOver: string
  readonly window: string
  readonly once?: true
  readonly for?: string
  readonly keep?: true
  readonly json?: true
}

const guideStagger = `${guideRegistration.stagger.from / 1000}s..${guideRegistration.stagger.to / 1000}s`

export function addRegister(sip: Command, shell: Shell, does: Does): void {
  const command = sip
    .command('register <registrar>')
    .summary('register many agents, paced, and keep them registered')
    .description(
      'register the agents of a file under one budget of requests, and keep them registered until Ctrl-C; exit 0 all are, 1 some are given up, 3 not all yet, 5 nobody answers',
    )
    .requiredOption(
      '--agents <file>',
      'CSV: address,user,password; a password as env:NAME or file:path',
    )
    .option('--rate <n>', 'REGISTER a second for all, digest round trips counted', '200')
    .option('--expires <duration>', 'asked for, up to a tenth less by chance', '3600s')
    .option(
      '--stagger <from..to>',
      'each waits so long before its first; the rate may take longer',
      guideStagger,
    )
    .option('--slow-over <duration>', 'halve the rate when 90 % are not quicker', '500ms')
    .option('--refused-over <share>', 'halve it when more are 408, 503 or silence', '5%')
    .option('--window <duration>', 'how far back both are looked at', '5s')
    .option('--once', 'end when all are registered or given up')
    .option('--for <duration>', 'end after this at the latest')
    .option('--keep', 'leave the registrations in place at the end')
    .option('--json', jsonText)
  addReachOptions(command).action((registrar, options) =>
    does(() => register(shell, registrar, options)),
  )
}

/** `sip register`: a registration campaign against a registrar (H5.1, D8, D13). */
async function register(
  shell: Shell,
  registrar: string,
  options: RegisterOptions,
): Promise<ExitCode> {
  const settings = settingsOf(options)
  const agents = agentsIn(shell, registrar, options)
  if (agents === undefined) return exitCodes.badInput
  const tools = await openReach(shell, options)
  const target = await firstTargetOf(tools, registrar, options)
  const { printer, interrupted: signal, hurried } = shell
  const isJson = options.json === true
  const report = await tools.registerAgents(agents, target, {
    settings,
    signal,
    ...(hurried === undefined ? {} : { hurried }),
    ...(isJson ? {} : { onProgress: createProgressPrinter(printer) }),
  })
  if (isJson) printer.line(JSON.stringify(registerJson(report, { registrar, target }), null, 2))
  else printRegisterReport(printer, report, target)
  return registerExit(report)
}

function settingsOf(options: RegisterOptions): CampaignSettings {
  return {
    ...guideRegistration,
    rate: wholeOf('--rate', options.rate, 1),
    expires: durationOf('--expires', options.expires),
    stagger: staggerOf(options.stagger),
    adapt: {
      window: durationOf('--window', options.window),
      slowOver: durationOf('--slow-over', options.slowOver),
      refusedOver: shareOf('--refused-over', options.refusedOver),
    },
    once: options.once === true,
    keep: options.keep === true,
    ...(options.for === undefined ? {} : { lasts: durationOf('--for', options.for) }),
  }
}

function staggerOf(text: string): CampaignSettings['stagger'] {
  const [first = '', second, ...more] = text.split('..')
  const bound = (part: string) =>
    /^0\s*(?:ms|s)?$/.test(part.trim()) ? ms(0) : durationOf('--stagger', part)
  const [from, to] = [bound(first), bound(second ?? first)]
  if (more.length === 0 && from <= to) return { from, to }
  throw new UsageError(`--stagger ${text}: write from and to, 2s..5s`)
}

/** Undefined when there are problems in the file, which have been said. */
function agentsIn(
  { printer, environment }: Shell,
  registrar: string,
  { agents: file, json }: RegisterOptions,
): readonly RegisteringAgent[] | undefined {
  const domain = registrar.replace(/^sips?:/i, '').replace(/[;?].*$/, '')
  const { agents, problems } = readRegisteringAgents({
    text: read(file),
    file,
    domain,
    environment,
  })
  if (problems.length === 0) return agents
  if (json === true) printer.line(JSON.stringify({ exit: exitCodes.badInput, problems }, null, 2))
  else printer.line(formatProblems(problems, { exit: exitCodes.badInput, width: printer.width }))
  return undefined
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`--agents ${file} can't be read: ${problem}`, { cause })
  }
}
