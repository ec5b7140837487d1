import type { JsonRecord } from './json.ts'
import { type Call, isoTime } from './operation.ts'
import type { User } from './state.ts'

/** A user as most answers carry it; `expand` adds presence, routing status and station. */
export function showUser(call: Call, user: User, expand: readonly string[]): JsonRecord {
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    username: user.email,
    state: 'active',
    version: 1,
    addresses: [
      { mediaType: 'PHONE', type: 'WORK', extension: user.extension },
      ...user.numbers.map((address) => ({ mediaType: 'PHONE', type: 'WORK2', address })),
    ],
    ...(expand.includes('presence') ? { presence: showPresence(call, user) } : {}),
    ...(expand.includes('routingStatus') ? { routingStatus: showRoutingStatus(call, user) } : {}),
    ...(expand.includes('station') ? { station: showStations(user) } : {}),
    selfUri: `/api/v2/users/${user.id}`,
  }
}

export function showPresence({ facts }: Call, user: User): JsonRecord {
  const definition = facts.presences.get(user.presenceId)
  return {
    id: user.id,
    source: 'PURECLOUD',
    primary: true,
    presenceDefinition: {
      id: user.presenceId,
      systemPresence: definition?.systemPresence ?? 'Offline',
    },
    message: '',
    modifiedDate: isoTime(user.presenceSince),
  }
}

export function showRoutingStatus({ facts }: Call, user: User): JsonRecord {
  const isOnQueue = facts.presences.get(user.presenceId)?.systemPresence === 'OnQueue'
  const ready = isOnQueue ? 'IDLE' : 'OFF_QUEUE'
  return {
    userId: user.id,
    status: user.call === undefined ? ready : 'INTERACTING',
    startTime: isoTime(user.presenceSince),
  }
}

/** A user whose phone is registered is at that station. */
export function showStations(user: User): JsonRecord {
  const station = { id: user.stationId, name: `station ${user.extension}`, type: 'inin_remote' }
  if (!user.phoneReachable) return { defaultStation: station }
  return { associatedStation: station, effectiveStation: station, defaultStation: station }
}
