import type { Command } from 'commander'
import type { Does } from '../../does.ts'
import type { Shell } from '../../shell.ts'
import { addCall } from './call.ts'
import { addCapture } from './capture.ts'
import { addCodecs } from './codecs.ts'
import { addFailover } from './failover.ts'
import { addOffers } from './offers.ts'
import { addProbe } from './probe.ts'
import { addRedirect } from './redirect.ts'
import { addRegister } from './register.ts'

/** `changeover sip …`: tools that speak SIP or look at it, without a plan and without a database. */
export function addSipCommands(program: Command, shell: Shell, does: Does): void {
  const sip = program.command('sip').description('probe gateways, look at calls and media')
  addProbe(sip, shell, does)
  addCall(sip, shell, does)
  addCapture(sip, shell, does)
  addCodecs(sip, shell, does)
  addOffers(sip, shell, does)
  addFailover(sip, shell, does)
  addRedirect(sip, shell, does)
  addRegister(sip, shell, does)
}
