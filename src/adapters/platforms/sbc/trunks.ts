import {
  NotFoundError,
  PlatformConflictError,
  type Trunks,
  UnsupportedByPlatformError,
} from '../../../features/platform/index.ts'
import type { WriteLimits } from '../../../kernel/authority.ts'
import { readBack } from '../read-back.ts'
import { provisionLever } from './capabilities.ts'
import type { Sbc } from './client.ts'
import {
  type Destination,
  destinationsFrom,
  destinationsNamed,
  healthFrom,
  isEnabled,
  trunkFrom,
} from './mapping.ts'
import { dispatcherList } from './schema.ts'

/** Destinations of the dispatcher as trunks: the lever that really stops new calls to the PBX (D12). */
export function createTrunks(sbc: Sbc): Trunks {
  const unsupported = () =>
    Promise.reject(new UnsupportedByPlatformError(sbc.id, 'trunks', provisionLever))
  return {
    async list(signal) {
      const all = await destinations(sbc, signal)
      return all.map((each) => trunkFrom(each, all))
    },
    async find(name, signal) {
      const all = await destinations(sbc, signal)
      const found = oneOf(destinationsNamed(all, name), name)
      return found === undefined ? undefined : trunkFrom(found, all)
    },
    provision: unsupported,
    remove: unsupported,
    setEnabled: (name, enabled, limits) => setEnabled(sbc, name, enabled, limits),
    health: async (name, signal) => healthFrom(await mustFind(sbc, name, signal)),
  }
}

async function setEnabled(sbc: Sbc, name: string, enabled: boolean, limits: WriteLimits) {
  const found = await mustFind(sbc, name, limits.signal)
  if (isEnabled(found) === enabled) return
  // P keeps probing it, so that its health is known the moment it is enabled again.
  const params = [enabled ? 'ap' : 'dp', found.set, found.uri]
  await sbc.rpc.write('dispatcher.set_state', params, limits)
  await readBack(`destination ${name} ${enabled ? 'enabled' : 'disabled'}`, {
    read: () => mustFind(sbc, name, limits.signal),
    agrees: (seen) => isEnabled(seen) === enabled,
    wireClock: sbc.wireClock,
    limits,
  })
}

async function destinations({ rpc }: Sbc, signal: AbortSignal): Promise<readonly Destination[]> {
  return destinationsFrom(await rpc.read('dispatcher.list', dispatcherList, signal))
}

async function mustFind(sbc: Sbc, name: string, signal: AbortSignal): Promise<Destination> {
  const all = await destinations(sbc, signal)
  const found = oneOf(destinationsNamed(all, name), name)
  if (found === undefined)
    throw new NotFoundError(`SBC ${sbc.id} has no dispatcher destination ${name}`, {
      details: { destination: name, known: all.map(({ set, uri }) => `set:${set} ${uri}`) },
    })
  return found
}

/** Disabling one of two like-named destinations would look like a fence and be half of one. */
function oneOf(found: readonly Destination[], name: string): Destination | undefined {
  if (found.length > 1)
    throw new PlatformConflictError(
      `${name} is in ${found.length} dispatcher sets; name one in the plan: ${found.map(({ set, uri }) => `"set:${set} ${uri}"`).join(', ')}`,
      { details: { destination: name, sets: found.map(({ set }) => set) } },
    )
  return found[0]
}
