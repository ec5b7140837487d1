import type { Command } from 'commander'
import type { ExitCode } from '../../exit-codes.ts'
import type { Shell } from '../../shell.ts'
import { addProbe } from './probe.ts'

export type Does = (action: () => ExitCode | Promise<ExitCode>) => Promise<void>

/** `changeover sip …`: tools that speak SIP, without a plan and without a database. */
export function addSipCommands(program: Command, shell: Shell, does: Does): void {
  const sip = program.command('sip').description('speak SIP to a gateway: probe it, see what it is')
  addProbe(sip, shell, does)
}
