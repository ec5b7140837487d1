import { Command } from 'commander'
import { programVersion } from '../app/version.ts'
import { type Verb, verbs } from '../engine/run-event.ts'
import { demo } from './commands/demo.ts'
import { showJournal, verifyJournalOf } from './commands/journal.ts'
import { labUp } from './commands/lab-up.ts'
import { checkPlanFile, importPayload, printPlanSchema, showPlanFile } from './commands/plan.ts'
import { preflight } from './commands/preflight.ts'
import { runWave } from './commands/run.ts'
import { serve } from './commands/serve.ts'
import { addSipCommands } from './commands/sip/sip-commands.ts'
import { showStatus } from './commands/status.ts'
import { askRun, confirmByHand, type VerbOptions } from './commands/verbs.ts'
import { type Does, jsonText } from './does.ts'
import { type ExitCode, exitCodeHelp, exitCodes } from './exit-codes.ts'
import { createReports } from './output/reports.ts'
import type { Shell } from './shell.ts'

/** The whole command line: takes arguments, answers with an exit code, and has said what went wrong. */
export function createProgram(shell: Shell): (args: readonly string[]) => Promise<ExitCode> {
  return async (args) => {
    const reports = createReports(shell.printer, args.includes('--json'))
    let exit: ExitCode = exitCodes.go
    const does: Does = async (action) => {
      exit = await action()
    }
    const program = new Command('changeover')
      .description(
        'Moves a live contact centre from one telephony platform to another, site by site.',
      )
      .version(programVersion(), '--version', 'print the version')
      .exitOverride()
      .configureOutput(reports.output)
      // Every command takes options: to say so of each costs the place that its one line needs.
      .configureHelp({ subcommandTerm: termOf })
      .addHelpText('afterAll', exitCodeHelp)
    addPlanCommands(program, shell, does)
    addRunCommands(program, shell, does)
    addJournalCommands(program, shell, does)
    addServe(program, shell, does)
    addSipCommands(program, shell, does)
    addLabCommands(program, shell, does)
    sayWhatToCall(program, 'changeover')
    try {
      await program.parseAsync([...args], { from: 'user' })
    } catch (thrown) {
      // What was under way has been called off, and what had come is printed: there is no error to be told.
      if (shell.interrupted.aborted && thrown === shell.interrupted.reason) return exitCodes.hold
      return reports.ended(thrown)
    }
    return exit
  }
}

function termOf(command: Command): string {
  const takes = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  )
  return [command.name(), ...takes].join(' ')
}

/** An argument that can't be used is answered with the call that shows what can. */
function sayWhatToCall(command: Command, path: string): void {
  command.showHelpAfterError(`see: ${path} --help`)
  for (const child of command.commands) sayWhatToCall(child, `${path} ${child.name()}`)
}

function addPlanCommands(program: Command, shell: Shell, does: Does): void {
  const plan = program.command('plan').description('look at a plan file')
  plan
    .command('check <file>')
    .description('every problem at once; exit 0, 2 bad input, 4 refused for safety')
    .option('--json', jsonText)
    .action((file, options) => does(() => checkPlanFile(shell, file, options)))
  plan
    .command('show <file>')
    .description('the plan as it was understood, defaults filled in')
    .option('--json', jsonText)
    .action((file, options) => does(() => showPlanFile(shell, file, options)))
  plan
    .command('schema')
    .description('JSON Schema of plans, for editors')
    .action(() => does(() => printPlanSchema(shell)))
  program
    .command('import <file>')
    .description('what a payload of the guides becomes, what is refused')
    .option('--json', jsonText)
    .action((file, options) => does(() => importPayload(shell, file, options)))
  program
    .command('preflight <plan>')
    .summary('try everything that a wave will need')
    .description(
      'try everything a wave will need; exit 0, 1 missing, 3 unknown, 5 a server does not answer',
    )
    .option('--wave <name>', 'of the plan; without it all of them')
    .option('--json', jsonText)
    .action((file, options) => does(() => preflight(shell, file, options)))
}

function addRunCommands(program: Command, shell: Shell, does: Does): void {
  program
    .command('run <plan>')
    .description('take a wave through, step by step')
    .requiredOption('--wave <name>', 'which wave of the plan')
    .option(
      '--dry-run',
      'print every step with its effect, its way back and its calls; change nothing',
    )
    .option('--json', `with --dry-run: ${jsonText}`)
    .action((file, options) => does(() => runWave(shell, file, options)))
  program
    .command('status [run]')
    .description('all runs, or every step of one')
    .option('--watch', 'keep it in view until it ends; the exit code is that of run')
    .option('--json', jsonText)
    .action((run, options) => does(() => showStatus(shell, run, options)))
  program
    .command('confirm <run>')
    .description('say that what a step asks for was done by hand')
    .option(
      '--typed <text>',
      'what the step wants typed: the name of its site; asked for on a terminal',
    )
    .option('--step <key>', 'which, where several wait')
    .option('--json', jsonText)
    .action((run, options) => does(() => confirmByHand(shell, run, options)))
  addVerbs(program, shell, does)
}

/** One line each; docs/operations.md has the whole table. */
const verbTexts: Readonly<Record<Exclude<Verb, 'confirm'>, string>> = {
  pause: 'stop before the next step, either way; no timer',
  resume: 'end a pause or hold, or take up a run that nobody has',
  hold: 'stop; rolls back after 30 min without resume',
  retry: 'ask the open step again at once',
  skip: 'go on without a step, unverified; takes two people',
  rollback: 'take everything back, from where it is',
  cancel: 'end the run where it stands, nothing taken back',
}

function addVerbs(program: Command, shell: Shell, does: Does): void {
  for (const verb of verbs) {
    if (verb === 'confirm') continue
    const command = program
      .command(`${verb} <run>`)
      .description(verbTexts[verb])
      .option('--reason <text>', 'why; kept in the journal')
      .option('--json', jsonText)
      .action((run: string, options: VerbOptions) => does(() => askRun(shell, verb, run, options)))
    if (verb === 'retry' || verb === 'skip')
      command.option('--step <key>', 'which, where several are open')
    if (verb === 'skip') command.option('--second <person>', 'who approves; not whoever asks')
  }
}

function addJournalCommands(program: Command, shell: Shell, does: Does): void {
  const journal = program.command('journal').description('the flight recorder of a run')
  journal
    .command('show <run>')
    .description('every entry, in order')
    .option('--json', 'one entry a line, as it was hashed')
    .action((run, options) => does(() => showJournal(shell, run, options)))
  journal
    .command('verify <run>')
    .description('whether an entry is missing or was changed; exit 1 if so')
    .option('--head <hash>', 'the last hash as it was anchored outside')
    .option('--json', jsonText)
    .action((run, options) => does(() => verifyJournalOf(shell, run, options)))
}

function addServe(program: Command, shell: Shell, does: Does): void {
  program
    .command('serve')
    .summary('carry on every open run, and answer over HTTP')
    .description('carry on every open run, and answer commands over HTTP, until Ctrl-C')
    .option(
      '--listen <host:port>',
      'where to answer; port 0 takes a free one (default: "127.0.0.1:0"); refused beside a server that is up',
    )
    .option('--expose', 'let other machines reach it: there is no sign-in but the token')
    .action((options) => does(() => serve(shell, options)))
}

function addLabCommands(program: Command, shell: Shell, does: Does): void {
  program
    .command('lab')
    .description('a simulated world to try plans in')
    .command('up')
    .description('bring it up on loopback sockets until Ctrl-C')
    .option('--fault <name...>', 'accidents: black-hole, dns-lag:3m, sip-503:genesys-cloud …')
    .option('--rate <n>', 'world time per wall time', '60')
    .option('--seed <n>', 'same seed, same callers', '7')
    .action((options) => does(() => labUp(shell, options)))
  program
    .command('demo')
    .summary('in the lab one site is cut over, another goes back')
    .description('a site is cut over in the lab, another breaches a gate and goes back by itself')
    .option('--once', 'end when the story is told')
    .option(
      '--fault <name...>',
      'accidents of the lab: black-hole, dns-lag:3m, sip-503:genesys-cloud …',
    )
    .option('--rate <n>', 'world time per wall time', '240')
    .option('--seed <n>', 'same seed, same callers', '7')
    .action((options) => does(() => demo(shell, options)))
}
