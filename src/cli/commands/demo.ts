import { driveRun } from '../../app/drive-run.ts'
import { type OpenedApplication, openApplication } from '../../app/open-application.ts'
import { loadPlan } from '../../app/plan-files.ts'
import type { RunState } from '../../engine/run-state.ts'
import { waveId } from '../../kernel/ids.ts'
import { ms } from '../../kernel/units.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type HostedLab, hostLab } from '../lab-host.ts'
import { labSecrets } from '../lab-secrets.ts'
import { faultWords } from '../output/fault-words.ts'
import { ledgerLine, ledgerSummary } from '../output/ledger-lines.ts'
import { paint } from '../output/print.ts'
import { printEntry } from '../output/print-entry.ts'
import type { Shell } from '../shell.ts'
import { type LabOptions, readLabOptions } from './lab-options.ts'
import { until } from './lab-up.ts'

export interface DemoOptions extends LabOptions {
  readonly once?: true
}

/** Metrics that a failing CRM moves. */
const crmMetrics = /crm_error_rate|validation_failure_rate/

const ledgerIndent = '      '

/** What breaks at reno: its CRM, from the second stage on. */
const renoFault = 'crm-failing:reno@50'

/**
 * `npm start`: the lab on real sockets; dallas is cut over, reno breaches and goes back by itself.
 *
 * 0 only if dallas ended moved, reno ended back, and the world's own ledger accounts for every caller.
 */
export async function demo(shell: Shell, options: DemoOptions): Promise<ExitCode> {
  const { dataDirectory, printer, interrupted } = shell
  const read = readLabOptions(options)
  const hosted = await hostLab({ dataDirectory, ...read })
  try {
    const application = await openApplication({
      environment: { ...shell.environment, ...labSecrets, DATABASE_URL: '' },
      dataDirectory: hosted.folder,
      worldClock: hosted.lab.clock.worldClock,
      transports: hosted.transports,
      // The SBC's clock is the machine's, and a busy machine answers late: the world runs on meanwhile.
      clockTolerance: ms(60_000),
    })
    try {
      const exit = await tellTheStory(shell, hosted, application)
      for (const line of interrupted.aborted ? [] : faultWords(read.faults))
        printer.line(` ${line}`)
      if (options.once !== true && !interrupted.aborted) await stayUp(shell, hosted)
      return exit
    } finally {
      await application.close()
    }
  } finally {
    await hosted.close()
    printer.line()
  }
}

async function tellTheStory(
  shell: Shell,
  hosted: HostedLab,
  application: OpenedApplication,
): Promise<ExitCode> {
  const { printer } = shell
  introduce(shell, hosted)
  const dallas = await runWave(shell, { hosted, application, wave: 'dallas' })
  if (shell.interrupted.aborted) return exitCodes.hold
  printer.line(`\nNow reno. From its second stage on, its CRM will fail (${renoFault}).`)
  hosted.lab.faults.arm(renoFault)
  const reno = await runWave(shell, { hosted, application, wave: 'reno' })
  if (shell.interrupted.aborted) return exitCodes.hold
  return conclude(shell, hosted, { dallas, reno })
}

function introduce({ printer }: Shell, { lab, folder, planFile, control }: HostedLab): void {
  const { endpoints } = lab
  printer.line(
    paint(
      printer,
      'bold',
      'Changeover: a contact centre moves from its PBX to Genesys Cloud, in a simulated world on real sockets',
    ),
  )
  printer.line(
    `  Genesys API ${endpoints.genesysApi} · SBC ${endpoints.sbcRpc} · CRM ${endpoints.crm}`,
  )
  printer.line(
    `  DNS ${endpoints.authoritative.map(({ port }) => `127.0.0.1:${port}`).join(', ')}, ${endpoints.resolvers.length} resolvers · SIP 127.0.0.1:${endpoints.gateways.pbx.port} (pbx), :${endpoints.gateways['genesys-cloud'].port} (cloud)`,
  )
  printer.line(`  plan ${planFile}`)
  printer.line(
    `  from another terminal: export CHANGEOVER_DATA=${folder} CHANGEOVER_LAB=${control}; npx changeover status dallas --watch`,
  )
}

interface Staging {
  readonly hosted: HostedLab
  readonly application: OpenedApplication
  readonly wave: string
}

async function runWave(
  shell: Shell,
  { hosted, application, wave }: Staging,
): Promise<RunState | undefined> {
  const { printer, interrupted } = shell
  const { lab, planFile } = hosted
  const run = await application.startWave(loadPlan(planFile), waveId(wave), 'demo')
  printer.line(`\n${paint(printer, 'bold', `wave ${wave}`)} · pbx → cloud · run ${run}`)
  const runner = application.createRunner((entry, state) => {
    const line = printEntry(printer, { entry, state, steps: application.steps })
    if (line === undefined || line.mark === '▶') return
    for (const row of ledgerLine(lab.world.ledger, printer.width - ledgerIndent.length))
      printer.line(paint(printer, 'dim', `${ledgerIndent}${row}`))
  })
  const { store, worldClock, wireClock } = application
  const driven = await driveRun({ runner, store, worldClock, wireClock }, run, interrupted)
  return driven.state
}

interface Ends {
  readonly dallas: RunState | undefined
  readonly reno: RunState | undefined
}

function conclude({ printer }: Shell, { lab }: HostedLab, ends: Ends): ExitCode {
  const summary = lab.world.ledger.summary()
  const { placed, answered, refused, silent } = lab.sample()
  const { interconnect } = lab.world
  printer.line(
    `\n${paint(printer, 'bold', 'What the world’s own ledger says happened to every caller')}`,
  )
  for (const line of ledgerSummary(summary)) printer.line(line)
  printer.line(
    `  interconnect: at most ${interconnect.most()} of ${lab.estate.interconnect.maxSessions} sessions at once, ${interconnect.refused()} calls refused`,
  )
  printer.line(
    `  every ${lab.sampleEvery}th caller was a real SIP call: ${placed} placed, ${answered} answered, ${refused} refused, ${silent} silent`,
  )

  const { dallas, reno } = ends
  const because = reno?.rollbackBecause ?? 'nothing'
  const judged = [
    {
      what: `dallas ended ${dallas?.outcome ?? 'open'}, it should be moved`,
      holds: dallas?.outcome === 'done',
    },
    {
      what: `reno ended ${reno?.outcome ?? 'open'}, it should be back`,
      holds: reno?.outcome === 'back',
    },
    {
      what: `reno went back because of its CRM (${because.slice(0, 100)})`,
      holds: crmMetrics.test(because),
    },
    {
      what: `${summary.withoutOutcome.length} callers without outcome, ${summary.doubled.length} doubled, ${summary.violations.length} broken promises`,
      holds:
        summary.withoutOutcome.length + summary.doubled.length + summary.violations.length === 0,
    },
  ]
  for (const { what, holds } of judged) {
    printer.line(paint(printer, holds ? 'green' : 'red', ` ${holds ? '✔' : '✖'} ${what}`))
  }
  return judged.every(({ holds }) => holds) ? exitCodes.go : exitCodes.noGo
}

async function stayUp(
  { printer, interrupted }: Shell,
  { folder, control }: HostedLab,
): Promise<void> {
  printer.line(
    `\nThe lab stays up until Ctrl-C. Look around: CHANGEOVER_LAB=${control} CHANGEOVER_DATA=${folder} npx changeover status dallas`,
  )
  await until(interrupted)
}
