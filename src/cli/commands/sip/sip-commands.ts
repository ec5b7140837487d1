import type { Command } from 'commander'
import type { Does, Shell } from '../../shell.ts'
import { addProbe } from './probe.ts'

/** `changeover sip …`: tools that speak SIP, without a plan and without a database. */
export function addSipCommands(program: Command, shell: Shell, does: Does): void {
  const sip = program.command('sip').description('speak SIP to a gateway: probe it, see what it is')
  addProbe(sip, shell, does)
}
