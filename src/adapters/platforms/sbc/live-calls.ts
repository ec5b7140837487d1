import type { LiveCalls } from '../../../features/platform/index.ts'
import type { Sbc } from './client.ts'
import { callsTo } from './mapping.ts'
import { dialogStatistics, dialogs } from './schema.ts'

/** Calls that the SBC holds up; disabling a destination doesn't touch them, so this is the drain. */
export function createLiveCalls({ rpc }: Sbc): LiveCalls {
  return {
    async count(numbers, signal) {
      if (numbers.length === 0)
        return (await rpc.read('dlg.stats_active', dialogStatistics, signal)).all
      return callsTo(await rpc.read('dlg.list', dialogs, signal), numbers)
    },
  }
}
