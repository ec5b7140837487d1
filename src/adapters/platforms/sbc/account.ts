import { type Account, type Need, UnexpectedAnswerError } from '../../../features/platform/index.ts'
import { ChangeoverError } from '../../../kernel/errors.ts'
import { type EpochMs, epochMs } from '../../../kernel/units.ts'
import { isRefusal, type Sbc } from './client.ts'
import { clockOffsetFrom } from './mapping.ts'
import { dialogStatistics, dispatcherList, uptime } from './schema.ts'

/** Whether the procedures that a run needs are there. Kamailio knows no rights: what answers is permitted. */
export function createAccount({ id, rpc, wireClock }: Sbc): Account {
  const probes: readonly (readonly [string, (signal: AbortSignal) => Promise<unknown>])[] = [
    ['dispatcher.list', (signal) => rpc.read('dispatcher.list', dispatcherList, signal)],
    ['dlg.stats_active', (signal) => rpc.read('dlg.stats_active', dialogStatistics, signal)],
  ]
  return {
    async check(operations, signal) {
      const needs: Need[] = []
      for (const [method, probe] of probes) needs.push(await probed(method, () => probe(signal)))
      // It has no form that changes nothing, so whether it would be let through can't be known before.
      if (
        operations.some((operation) => operation === 'trunks' || operation === 'trunks.setEnabled')
      )
        needs.push({
          what: 'dispatcher.set_state',
          state: 'unknown',
          because: 'the SBC can’t be asked whether it would accept a change without making one',
        })
      return needs
    },
    async clockOffset(signal) {
      const before = wireClock.now()
      const { now } = await rpc.read('core.uptime', uptime, signal)
      const offset = clockOffsetFrom(now, middle(before, wireClock.now()))
      if (offset === undefined)
        throw new UnexpectedAnswerError(
          `SBC ${id}: core.uptime says ${now.slice(0, 60)}, which is no time`,
        )
      return offset
    },
  }
}

async function probed(what: string, probe: () => Promise<unknown>): Promise<Need> {
  try {
    await probe()
    return { what, state: 'had', because: `${what}: answered` }
  } catch (error) {
    if (!(error instanceof ChangeoverError)) throw error
    return { what, state: isRefusal(error) ? 'missing' : 'unknown', because: error.message }
  }
}

const middle = (a: EpochMs, b: EpochMs) => epochMs((a + b) / 2)
