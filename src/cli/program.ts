import { Command, CommanderError } from 'commander'
import { verbs } from '../engine/run-event.ts'
import { demo } from './commands/demo.ts'
import { showJournal, verifyJournalOf } from './commands/journal.ts'
import { labUp } from './commands/lab-up.ts'
import { checkPlanFile, importPayload, printPlanSchema, showPlanFile } from './commands/plan.ts'
import { preflight } from './commands/preflight.ts'
import { runWave } from './commands/run.ts'
import { serve } from './commands/serve.ts'
import { showStatus } from './commands/status.ts'
import { askRun, confirmByHand, type VerbOptions } from './commands/verbs.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import type { Shell } from './shell.ts'

type Action = () => ExitCode | Promise<ExitCode>

/** The whole command line: takes arguments, answers with an exit code. */
export function createProgram(shell: Shell): (args: readonly string[]) => Promise<ExitCode> {
  return async (args) => {
    let exit: ExitCode = exitCodes.go
    const does = async (action: Action) => {
      exit = await action()
    }
    const program = new Command('changeover')
      .description(
        'Moves a live contact centre from one telephony platform to another, site by site.',
      )
      .exitOverride()
    addPlanCommands(program, shell, does)
    addRunCommands(program, shell, does)
    addLabCommands(program, shell, does)
    try {
      await program.parseAsync([...args], { from: 'user' })
    } catch (thrown) {
      // commander has said what is wrong with the arguments, or has shown the help that was asked for.
      if (!(thrown instanceof CommanderError)) throw thrown
      return thrown.exitCode === 0 ? exitCodes.go : exitCodes.badInput
    }
    return exit
  }
}

type Does = (action: Action) => Promise<void>

function addPlanCommands(program: Command, shell: Shell, does: Does): void {
  const plan = program.command('plan').description('look at a plan file')
  plan
    .command('check <file>')
    .description('every problem at once; exit 0, 2 bad input, 4 refused for safety')
    .option('--json')
    .action((file, options) => does(() => checkPlanFile(shell, file, options)))
  plan
    .command('show <file>')
    .description('the plan as it was understood')
    .action((file) => does(() => showPlanFile(shell, file)))
  plan
    .command('schema')
    .description('JSON Schema for editors')
    .action(() => does(() => printPlanSchema(shell)))
  program
    .command('import <file>')
    .description('read a payload of the guides')
    .option('--json')
    .action((file, options) => does(() => importPayload(shell, file, options)))
  program
    .command('preflight <plan>')
    .description(
      'try everything a wave will need; exit 0, 1 missing, 3 unknown, 5 a server does not answer',
    )
    .option('--wave <name>')
    .option('--json')
    .action((file, options) => does(() => preflight(shell, file, options)))
}

function addRunCommands(program: Command, shell: Shell, does: Does): void {
  program
    .command('run <plan>')
    .description('take a wave through, step by step')
    .requiredOption('--wave <name>')
    .option(
      '--dry-run',
      'print every step with its effect, its way back and its calls; change nothing',
    )
    .action((file, options) => does(() => runWave(shell, file, options)))
  program
    .command('status [run]')
    .description('all runs, or every step of one')
    .option('--watch')
    .option('--json')
    .action((run, options) => does(() => showStatus(shell, run, options)))
  program
    .command('confirm <run>')
    .description('say that what a step asks for was done by hand')
    .option(
      '--typed <text>',
      'what the step wants typed: the name of its site; asked for on a terminal',
    )
    .option('--step <key>', 'which, where several wait')
    .action((run, options) => does(() => confirmByHand(shell, run, options)))
  addVerbs(program, shell, does)
  const journal = program.command('journal').description('the flight recorder of a run')
  journal
    .command('show <run>')
    .option('--json')
    .action((run, options) => does(() => showJournal(shell, run, options)))
  journal
    .command('verify <run>')
    .option('--head <hash>', 'the last hash as it was anchored outside')
    .action((run, options) => does(() => verifyJournalOf(shell, run, options)))
  program
    .command('serve')
    .description('carry on every open run, and answer commands over HTTP, until Ctrl-C')
    .option(
      '--listen <host:port>',
      'where to answer; port 0 takes a free one (default: "127.0.0.1:0"); refused beside a server that is up',
    )
    .option('--expose', 'let other machines reach it: there is no sign-in but the token')
    .action((options) => does(() => serve(shell, options)))
}

function addVerbs(program: Command, shell: Shell, does: Does): void {
  for (const verb of verbs.filter((one) => one !== 'confirm')) {
    const command = program
      .command(`${verb} <run>`)
      .option('--reason <text>')
      .option('--second <person>', 'who approves; skip needs one')
      .action((run: string, options: VerbOptions) => does(() => askRun(shell, verb, run, options)))
    if (verb === 'retry' || verb === 'skip')
      command.option('--step <key>', 'which, where several are open')
  }
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
