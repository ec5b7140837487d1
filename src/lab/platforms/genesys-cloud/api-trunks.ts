import { isJsonRecord, type Json, type JsonRecord, jsonAt, numberAt, textAt } from './json.ts'
import {
  type Answer,
  answer,
  badRequest,
  type Call,
  isoTime,
  matchesName,
  notFound,
  operation,
  page,
  refuse,
  telephony,
  versionConflict,
} from './operation.ts'
import { findByName, isTrunkEnabled, isTrunkInService, metabases, type TrunkBase } from './state.ts'

const bases = '/api/v2/telephony/providers/edges/trunkbasesettings'
const trunks = '/api/v2/telephony/providers/edges/trunks'

export const trunkOperations = [
  operation(`GET ${bases}/availablemetabases`, telephony, (call) =>
    page(call, [
      { id: metabases.byoc, name: 'BYOC Carrier', type: 'EXTERNAL_BYOC_CARRIER' },
      { id: metabases.managed, name: 'Genesys Cloud Voice', type: 'EXTERNAL_PCV_AWS' },
    ]),
  ),
  operation(`GET ${bases}/template`, telephony, (call) => {
    const metabase = call.query.get('trunkMetabaseId')
    if (metabase !== metabases.byoc) return notFound(`metabase ${metabase}`)
    const trunkMetabase = { id: metabase, name: metabase }
    return answer({ name: '', trunkMetabase, trunkType: 'EXTERNAL', properties: template })
  }),
  operation(`GET ${bases}`, telephony, listBases),
  operation(`POST ${bases}`, telephony, createBase),
  operation(`GET ${bases}/{trunkBaseSettingsId}`, telephony, (call) =>
    withBase(call, (base) => answer(showBase(base))),
  ),
  operation(`PUT ${bases}/{trunkBaseSettingsId}`, telephony, (call) =>
    withBase(call, (base) => replaceBase(call, base)),
  ),
  operation(`DELETE ${bases}/{trunkBaseSettingsId}`, telephony, (call) =>
    withBase(call, (base) => {
      if (base.managed) return managedRefusal(base)
      const used = [...call.config.routes.values()].some((route) =>
        route.trunkBaseIds.includes(base.id),
      )
      if (used) return refuse(409, 'in.use', `trunk ${base.name} is in use by an outbound route`)
      call.config.trunkBases.delete(base.id)
      return { status: 200 }
    }),
  ),
  operation(`GET ${trunks}`, telephony, (call) => {
    const baseId = call.query.get('trunkBase.id')
    const found = [...call.config.trunkBases.values()].filter(
      ({ id }) => baseId === null || id === baseId,
    )
    return page(
      call,
      found.map((base) => showTrunk(base, call)),
    )
  }),
  operation(`GET ${trunks}/{trunkId}`, telephony, (call) =>
    withTrunk(call, (base) => answer(showTrunk(base, call))),
  ),
  operation(`GET ${trunks}/{trunkId}/metrics`, telephony, (call) =>
    withTrunk(call, (base) => answer(showMetrics(base, call))),
  ),
]

const template: JsonRecord = {
  trunk_enabled: { value: { instance: true } },
  trunk_transport_protocolVariant: { value: { instance: 'tls' } },
  trunk_transport_serverProxyList: { value: { instance: [] } },
  trunk_access_acl_allowList: { value: { instance: [] } },
  trunk_media_codec: { value: { instance: ['audio/opus', 'audio/pcmu', 'audio/pcma'] } },
  trunk_media_srtpCipherSuites: { value: { instance: ['AES_CM_128_HMAC_SHA1_80'] } },
  trunk_media_dscpValue: { value: { instance: 46 } },
  trunk_transport_sipDscpValue: { value: { instance: 24 } },
  trunk_maxDialTimeout: { value: { instance: '2m' } },
  trunk_maxCallRate: { value: { instance: '40/5s' } },
  trunk_transport_retryableReasonCodes: { value: { instance: '500-599' } },
}

function listBases(call: Call): Answer {
  const managed = call.query.get('managed')
  const withProperties = call.query.getAll('expand').join(',').includes('properties')
  const found = [...call.config.trunkBases.values()]
    .filter((base) => managed === null || String(base.managed) === managed)
    .filter(({ name }) => matchesName(call, name))
  return page(
    call,
    found.map((base) => {
      const { properties, ...brief } = showBase(base)
      return withProperties ? { ...brief, properties: properties ?? {} } : brief
    }),
  )
}

function createBase(call: Call): Answer {
  const name = textAt(call.body, 'name')
  const metabase = textAt(call.body, 'trunkMetabase', 'id')
  const trunkType = textAt(call.body, 'trunkType')
  if (!name || !metabase || !trunkType) return badRequest('name, trunkMetabase, trunkType required')
  if (metabase === metabases.managed) {
    return refuse(403, 'not.authorized', 'trunks of this metabase are made by the vendor')
  }
  if (metabase !== metabases.byoc) return notFound(`metabase ${metabase}`)
  if (!call.facts.products.includes('byoc')) {
    return refuse(403, 'missing.product', 'the organisation does not own byoc')
  }
  if (findByName(call.config.trunkBases.values(), name) !== undefined) {
    return refuse(409, 'duplicate.value', `a trunk with the name ${name} exists`)
  }
  const base: TrunkBase = {
    id: call.facts.newId(),
    name,
    version: 1,
    metabase,
    trunkType,
    managed: false,
    trunkId: call.facts.newId(),
    ...readProperties(call),
    enabledSince: undefined,
  }
  noteEnabled(base, call)
  call.config.trunkBases.set(base.id, base)
  return answer(showBase(base))
}

function replaceBase(call: Call, base: TrunkBase): Answer {
  if (base.managed) return managedRefusal(base)
  const name = textAt(call.body, 'name')
  if (!name) return badRequest('name required')
  const version = numberAt(call.body, 'version')
  if (version === undefined) return badRequest('version required')
  if (version !== base.version) return versionConflict(base.name, version, base.version)
  const { properties, rest } = readProperties(call)
  base.name = name
  base.properties = properties
  base.rest = rest
  base.version += 1
  noteEnabled(base, call)
  return answer(showBase(base))
}

function managedRefusal({ name }: TrunkBase): Answer {
  return refuse(403, 'managed.object', `trunk ${name} is managed by the vendor`)
}

function readProperties({ body }: Call): { properties: JsonRecord; rest: JsonRecord } {
  const properties = jsonAt(body, 'properties')
  const rest: Record<string, Json> = {}
  for (const member of ['description', 'inboundSite', 'site']) {
    const value = jsonAt(body, member)
    if (value !== undefined) rest[member] = value
  }
  return { properties: isJsonRecord(properties) ? properties : {}, rest }
}

function noteEnabled(base: TrunkBase, { facts }: Call): void {
  if (!isTrunkEnabled(base.properties)) base.enabledSince = undefined
  else base.enabledSince ??= facts.now()
}

function showBase(base: TrunkBase): JsonRecord {
  return {
    ...base.rest,
    id: base.id,
    name: base.name,
    version: base.version,
    state: 'active',
    trunkMetabase: { id: base.metabase, name: base.metabase },
    trunkType: base.trunkType,
    managed: base.managed,
    properties: base.properties,
    selfUri: `${bases}/${base.id}`,
  }
}

function showTrunk(base: TrunkBase, { facts }: Call): JsonRecord {
  const inService = isTrunkInService(base, facts)
  const since = isoTime(base.enabledSince ?? facts.now())
  return {
    id: base.trunkId,
    name: base.name,
    state: 'active',
    trunkType: base.trunkType,
    edge: { id: facts.edgeId, name: 'lab edge' },
    trunkBase: { id: base.id, name: base.name },
    trunkMetabase: { id: base.metabase, name: base.metabase },
    inService,
    enabled: isTrunkEnabled(base.properties),
    connectedStatus: { connected: inService, connectedStateTime: since },
    optionsStatus: [{ proxyAddress: 'lab proxy', optionState: inService, optionStateTime: since }],
    optionsEnabledStatus: 'ENABLED',
    registersEnabledStatus: 'NOT_SUPPORTED',
    selfUri: `${trunks}/${base.trunkId}`,
  }
}

/** Calls in progress whose number comes in over this trunk. */
function showMetrics(base: TrunkBase, { facts, calls }: Call): JsonRecord {
  const numbers = facts.sites
    .filter(({ trunk }) => trunk === base.name)
    .flatMap((site) => site.numbers)
  const inbound = [...calls.live()].filter(({ dnis }) => numbers.includes(dnis)).length
  return {
    eventTime: isoTime(facts.now()),
    trunk: { id: base.trunkId, name: base.name },
    calls: { inboundCallCount: inbound, outboundCallCount: 0 },
    qos: { mismatchCount: 0 },
  }
}

function withBase(call: Call, use: (base: TrunkBase) => Answer): Answer {
  const id = call.params['trunkBaseSettingsId'] ?? ''
  const base = call.config.trunkBases.get(id)
  return base === undefined ? notFound(`trunk base setting ${id}`) : use(base)
}

function withTrunk(call: Call, use: (base: TrunkBase) => Answer): Answer {
  const id = call.params['trunkId'] ?? ''
  const base = [...call.config.trunkBases.values()].find(({ trunkId }) => trunkId === id)
  return base === undefined ? notFound(`trunk ${id}`) : use(base)
}
