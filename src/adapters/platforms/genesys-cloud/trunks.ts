import {
  NotFoundError,
  type Trunk,
  type TrunkSpec,
  type Trunks,
  UnsupportedByPlatformError,
} from '../../../features/platform/index.ts'
import type { WriteLimits } from '../../../kernel/authority.ts'
import { readBack } from '../read-back.ts'
import { type Genesys, listAll } from './client.ts'
import { healthFrom, meetsSpec, propertiesOf, standby, trunkFrom, withEnabled } from './mapping.ts'
import { pages } from './pages.ts'
import { nothing, type TrunkBase, trunkBase, trunkTemplate } from './schema.ts'

const edges = '/telephony/providers/edges'
const settings = `${edges}/trunkbasesettings`
export const trunkKinds = `${settings}/availablemetabases`
/** Kind of trunk that a carrier or SBC reaches over the internet (contract §2.2). */
export const byocCarrier = /byoc_carrier/i

/** External trunks as trunk base settings: trunk instances follow them and are read-only (D5). */
export function createTrunks(genesys: Genesys): Trunks {
  const { http } = genesys
  return {
    list: async (signal) => (await bases(genesys, undefined, signal)).map(trunkFrom),
    find: async (name, signal) => {
      const base = await baseNamed(genesys, name, signal)
      return base === undefined ? undefined : trunkFrom(base)
    },
    provision: (spec, limits) => provision(genesys, spec, limits),
    remove: (name, limits) => remove(genesys, name, limits),
    setEnabled: (name, enabled, limits) => setEnabled(genesys, name, enabled, limits),
    async health(name, signal) {
      const base = await mustFind(genesys, name, signal)
      const query = { 'trunkBase.id': base.id, trunkType: 'EXTERNAL' }
      return healthFrom(
        await listAll(http, { path: `${edges}/trunks`, query }, pages.trunkInstances, signal),
      )
    },
  }
}

/** External trunk settings by name; used by routes too, which refer to them by id. */
export async function bases(
  { http }: Genesys,
  name: string | undefined,
  signal: AbortSignal,
): Promise<readonly TrunkBase[]> {
  const query = { expand: 'properties', name }
  const found = await listAll(http, { path: settings, query }, pages.trunkBases, signal)
  return found.filter((base) => base.trunkType === 'EXTERNAL' && base.state !== 'deleted')
}

async function baseNamed(genesys: Genesys, name: string, signal: AbortSignal) {
  // The filter of the API takes wildcards and parts of names, so only the exact one counts.
  return (await bases(genesys, name, signal)).find((base) => base.name === name)
}

async function mustFind(genesys: Genesys, name: string, signal: AbortSignal): Promise<TrunkBase> {
  const base = await baseNamed(genesys, name, signal)
  if (base === undefined)
    throw new NotFoundError(`platform ${genesys.id} has no external trunk named ${name}`, {
      details: { trunk: name },
    })
  return base
}

function refuseManaged({ id }: Genesys, base: TrunkBase): void {
  if (base.managed)
    throw new UnsupportedByPlatformError(
      id,
      'trunks',
      `trunk ${base.name} is managed by Genesys: move its numbers at the carrier, or provision a BYOC trunk beside it`,
    )
}

async function setEnabled(
  genesys: Genesys,
  name: string,
  enabled: boolean,
  limits: WriteLimits,
): Promise<void> {
  const found = await mustFind(genesys, name, limits.signal)
  refuseManaged(genesys, found)
  const read = () => readBase(genesys, found.id, limits.signal)
  const fresh = await read()
  if (trunkFrom(fresh).enabled === enabled) return
  await putBase(genesys, withEnabled(fresh, enabled), limits)
  await readBack(`trunk ${name} ${enabled ? 'enabled' : 'disabled'}`, {
    read,
    agrees: (base) => trunkFrom(base).enabled === enabled,
    wireClock: genesys.wireClock,
    limits,
  })
}

async function provision(genesys: Genesys, spec: TrunkSpec, limits: WriteLimits): Promise<Trunk> {
  refuseDtls(genesys, spec)
  const found = await baseNamed(genesys, spec.name, limits.signal)
  if (found === undefined) await create(genesys, spec, limits)
  else await bringToSpec(genesys, found, spec, limits)
  const seen = await readBack(`trunk ${spec.name} provisioned`, {
    read: () => baseNamed(genesys, spec.name, limits.signal),
    agrees: (base) => base !== undefined && meetsSpec(trunkFrom(base), spec),
    wireClock: genesys.wireClock,
    limits,
  })
  return seen === undefined
    ? trunkFrom(await mustFind(genesys, spec.name, limits.signal))
    : trunkFrom(seen)
}

/** `plan check` refuses it too, with its place; here for plans of a journal that is older. */
function refuseDtls({ id }: Genesys, { name, srtp }: TrunkSpec): void {
  if (srtp === 'dtls')
    throw new UnsupportedByPlatformError(
      id,
      'trunks',
      `trunk ${name} can have SRTP with keys by SDES over TLS; DTLS is no property of an external trunk`,
    )
}

async function create(genesys: Genesys, spec: TrunkSpec, limits: WriteLimits): Promise<void> {
  const { http } = genesys
  const kinds = await listAll(
    http,
    { path: trunkKinds, query: { type: 'EXTERNAL' } },
    pages.metabases,
    limits.signal,
  )
  const kind = kinds.find(({ id }) => byocCarrier.test(id))
  if (kind === undefined)
    throw new NotFoundError(
      `platform ${genesys.id} offers no BYOC carrier trunk; is the product byoc bought?`,
      { details: { offered: kinds.map(({ id }) => id) } },
    )
  const query = { trunkMetabaseId: kind.id }
  const path = `${settings}/template`
  const template = await http.read({ path, query }, trunkTemplate, limits.signal)
  const body = {
    name: spec.name,
    trunkMetabase: { id: kind.id },
    trunkType: 'EXTERNAL',
    properties: { ...template.properties, ...propertiesOf(spec), ...standby },
  }
  await http.write({ method: 'POST', path: settings, body }, nothing, limits)
}

async function bringToSpec(
  genesys: Genesys,
  found: TrunkBase,
  spec: TrunkSpec,
  limits: WriteLimits,
): Promise<void> {
  refuseManaged(genesys, found)
  const fresh = await readBase(genesys, found.id, limits.signal)
  if (meetsSpec(trunkFrom(fresh), spec)) return
  const properties = { ...fresh.properties, ...propertiesOf(spec) }
  await putBase(genesys, { ...fresh, properties }, limits)
}

async function remove(genesys: Genesys, name: string, limits: WriteLimits): Promise<void> {
  const found = await baseNamed(genesys, name, limits.signal)
  if (found === undefined) return
  refuseManaged(genesys, found)
  const path = `${settings}/${encodeURIComponent(found.id)}`
  await genesys.http.write({ method: 'DELETE', path }, nothing, limits)
  await readBack(`trunk ${name} removed`, {
    read: () => baseNamed(genesys, name, limits.signal),
    agrees: (base) => base === undefined,
    wireClock: genesys.wireClock,
    limits,
  })
}

function readBase({ http }: Genesys, id: string, signal: AbortSignal): Promise<TrunkBase> {
  return http.read({ path: `${settings}/${encodeURIComponent(id)}` }, trunkBase, signal)
}

/** The whole object with its version: stale means conflict, and nothing is changed. */
function putBase({ http }: Genesys, base: TrunkBase, limits: WriteLimits): Promise<unknown> {
  const path = `${settings}/${encodeURIComponent(base.id)}`
  return http.write({ method: 'PUT', path, body: base }, nothing, limits)
}
