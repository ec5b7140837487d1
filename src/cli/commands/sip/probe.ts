import type { Command } from 'commander'
import type { SipTools } from '../../../app/sip-tools.ts'
import {
  guideLimits,
  guideThresholds,
  type ProbeCheck,
  type ProbeSettings,
  probeTarget,
} from '../../../features/probes/index.ts'
import { parseIpAddress } from '../../../kernel/ip-address.ts'
import { type Does, jsonText } from '../../does.ts'
import { UsageError } from '../../errors.ts'
import type { ExitCode } from '../../exit-codes.ts'
import {
  type ProbedTarget,
  printCheck,
  printProbeReport,
  probeExit,
  probeJson,
} from '../../output/probe-report.ts'
import type { Shell } from '../../shell.ts'
import { durationOf, wholeOf } from './option-values.ts'
import {
  addReachOptions,
  type NamedTarget,
  openReach,
  type ReachOptions,
  targetsOf,
} from './reach.ts'

interface ProbeOptions extends ReachOptions {
  readonly count: string
  readonly interval: string
  readonly timeout: string
  readonly degradedOver: string
  readonly failures: string
  readonly recoveries: string
  readonly alive: readonly string[]
  readonly egress?: string
  readonly json?: true
}

export function addProbe(sip: Command, shell: Shell, does: Does): void {
  const command = sip
    .command('probe <gateway...>')
    .summary('ask gateways with OPTIONS, and judge them')
    .description(
      'ask every address of gateways with OPTIONS; exit 0 up, 1 down, 3 degraded, flapping or too few checks, 5 DNS does not answer',
    )
    .option('--count <n>', 'checks of each address; 0 goes on until Ctrl-C', '5')
    .option('--interval <duration>', 'from one check to the next; the guide’s is 30s', '1s')
    .option('--timeout <duration>', 'no answer by then is down', '5s')
    .option('--degraded-over <duration>', 'a slower answer is degraded', '150ms')
    .option('--failures <n>', 'checks in a row for the worse', String(guideThresholds.failures))
    .option(
      '--recoveries <n>',
      'checks in a row for the better',
      String(guideThresholds.recoveries),
    )
    .option('--alive <status...>', 'answers that prove it lives: 404, 2xx …', [
      ...guideLimits.alive,
    ])
    .option('--egress <address>', 'our registered address: where the far side must see us')
    .option('--json', jsonText)
  addReachOptions(command).action((gateways, options) =>
    does(() => probe(shell, gateways, options)),
  )
}

/** `sip probe`: OPTIONS to every address that the gateways' names lead to (W1.4, F1.1, G3.1, H1.2). */
async function probe(
  shell: Shell,
  gateways: readonly string[],
  options: ProbeOptions,
): Promise<ExitCode> {
  const settings = settingsOf(options)
  const { egress } = options
  if (egress !== undefined && parseIpAddress(egress) === undefined)
    throw new UsageError(`--egress ${egress} is no IP address`)
  const timeout = durationOf('--timeout', options.timeout)
  const tools = await openReach(shell, options, timeout)
  const targets = await targetsOf(tools, gateways, options)
  const probed = await Promise.all(
    targets.map((target) =>
      watch(tools, target, { settings, shell, quiet: options.json === true }),
    ),
  )
  const report = { targets: probed, ...(egress === undefined ? {} : { egress }) }
  if (options.json === true) shell.printer.line(JSON.stringify(probeJson(report), null, 2))
  else printProbeReport(shell.printer, report)
  return probeExit(report)
}

async function watch(
  { sip, wireClock }: SipTools,
  { uri, address }: NamedTarget,
  how: { readonly settings: ProbeSettings; readonly shell: Shell; readonly quiet: boolean },
): Promise<ProbedTarget> {
  const { settings, shell, quiet } = how
  const checks: ProbeCheck[] = []
  const ports = { sip, wireClock, signal: shell.interrupted }
  for await (const check of probeTarget(address, settings, ports)) {
    checks.push(check)
    if (!quiet) printCheck(shell.printer, address, check)
  }
  return { uri, address, checks }
}

function settingsOf(options: ProbeOptions): ProbeSettings {
  const count = wholeOf('--count', options.count, 0)
  return {
    interval: durationOf('--interval', options.interval),
    degradedOver: durationOf('--degraded-over', options.degradedOver),
    failures: wholeOf('--failures', options.failures, 1),
    recoveries: wholeOf('--recoveries', options.recoveries, 1),
    alive: options.alive.map((text) => {
      if (/^[1-6](?:\d\d|xx)$/.test(text)) return text
      throw new UsageError(`--alive ${text} is no status: write 404, or 2xx for a whole class`)
    }),
    ...(count === 0 ? {} : { count }),
  }
}
