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
      const listed = await rpc.read('dlg.list', dialogs, signal)
      if (listed.length > 0) return callsTo(listed, numbers)
      // An empty list may be one that was not given: a drain that believed it would cut callers off. Whose
      // calls they are that only the count knows can't be told, so all of them are up.
      return (await rpc.read('dlg.stats_active', dialogStatistics, signal)).all
    },
  }
}
