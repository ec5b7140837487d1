import type { Account, Need, Operation } from '../../../features/platform/index.ts'
import type { Clock } from '../../../kernel/clock.ts'
import { ChangeoverError } from '../../../kernel/errors.ts'
import { ms } from '../../../kernel/units.ts'
import { permissions } from './capabilities.ts'
import { type Genesys, listAll, platformNow } from './client.ts'
import { pages } from './pages.ts'
import { limits, products, type Subject, subject, tokenInfo } from './schema.ts'
import { byocCarrier, trunkKinds } from './trunks.ts'

/** Operations that only work on a trunk of our own (contract §2.2). */
const needByoc = /^trunks\b/
const rateOfClient = 'client.credentials.token.rate.per.minute'
const toRole = 'Admin › Roles: add it to a role of this OAuth client, in all divisions of the site'

/** What the client may do on the real account (P1.1, P1.2), in Genesys's own names. */
export function createAccount(genesys: Genesys, clock: Clock): Account {
  return {
    async check(operations, signal) {
      const needs = [
        await tokenNeed(genesys, signal),
        ...(await permissionNeeds(genesys, operations, signal)),
      ]
      if (operations.some((operation) => needByoc.test(operation)))
        needs.push(await productNeed(genesys, signal))
      if (operations.some((operation) => /^trunks(?:\.provision)?$/.test(operation)))
        needs.push(await trunkKindNeed(genesys, signal))
      return needs
    },
    async rateLimit(signal) {
      const path = '/organizations/limits/namespaces/platform.api'
      const { entities } = await genesys.http.read({ path }, limits, signal)
      const found = entities.find(({ key }) => key === rateOfClient)
      return found?.value === undefined
        ? undefined
        : { name: found.key, callsPerMinute: found.value }
    },
    async clockOffset(signal) {
      const before = clock.now()
      const theirs = await platformNow(genesys, signal)
      return ms(Math.round(outside(theirs, before, clock.now())))
    },
  }
}

/** How far a time lies outside of the round trip in which it was asked for: inside, nothing is known to differ. */
function outside(time: number, before: number, after: number): number {
  if (time < before) return time - before
  return time > after ? time - after : 0
}

function tokenNeed({ http }: Genesys, signal: AbortSignal): Promise<Need> {
  const what = 'OAuth client credentials'
  return probed(what, async () => {
    const { organization } = await http.read({ path: '/tokens/me' }, tokenInfo, signal)
    const name = organization?.name ?? organization?.id ?? 'an organisation it does not name'
    const because = `GET /tokens/me: accepted by ${name}; scopes don't apply to client credentials, its roles do`
    return { what, state: 'had', because }
  })
}

async function permissionNeeds(
  { http }: Genesys,
  operations: readonly string[],
  signal: AbortSignal,
): Promise<readonly Need[]> {
  const wanted = wantedBy(operations)
  const path = '/authorization/subjects/me'
  try {
    const granted = grantsOf(await http.read({ path }, subject, signal))
    return [
      ...[...wanted.alternatives].map(([what, any]) => permissionNeed(what, any, granted)),
      ...wanted.unknown,
    ]
  } catch (error) {
    const found = failedNeed(error, signal)
    return [
      ...[...wanted.alternatives.keys()].map((what): Need => ({ what, ...found })),
      ...wanted.unknown,
    ]
  }
}

function permissionNeed(what: string, any: readonly string[], granted: ReadonlySet<string>): Need {
  const found = any.find((permission) => covers(granted, permission))
  const asked = 'GET /authorization/subjects/me'
  const group = 'permissions'
  if (found !== undefined)
    return { what, state: 'had', because: `${asked}: a role of this client has ${found}`, group }
  const because = `${asked}: no role of this client has it`
  return { what, state: 'missing', because, todo: toRole, group }
}

const allOperations = Object.keys(permissions) as readonly Operation[]

/** Each permission once, whichever operations want it; operations that we don't know are said to be so. */
function wantedBy(operations: readonly string[]) {
  const alternatives = new Map<string, readonly string[]>()
  const unknown: Need[] = []
  for (const operation of operations) {
    const names = allOperations.filter(
      (name) => name === operation || name.startsWith(`${operation}.`),
    )
    if (names.length === 0)
      unknown.push({
        what: operation,
        state: 'unknown',
        because: 'the adapter knows no operation of this name',
      })
    for (const any of names.flatMap((name) => permissions[name] ?? []))
      alternatives.set(any.join(' or '), any)
  }
  return { alternatives, unknown }
}

function grantsOf({ grants }: Subject): ReadonlySet<string> {
  const granted = grants.flatMap(({ role }) =>
    (role?.policies ?? []).flatMap(({ domain, entityName, actions }) =>
      actions.map((action) => `${domain}:${entityName}:${action}`),
    ),
  )
  return new Set(granted)
}

/** A policy may say `*` for any of the three parts; `all` is an action of its own, not a wildcard. */
function covers(granted: ReadonlySet<string>, permission: string): boolean {
  const [domain, entity] = permission.split(':')
  return [permission, `${domain}:${entity}:*`, `${domain}:*:*`, '*:*:*'].some((each) =>
    granted.has(each),
  )
}

function productNeed({ http }: Genesys, signal: AbortSignal): Promise<Need> {
  const what = 'product byoc'
  return probed(what, async () => {
    const { entities } = await http.read({ path: '/authorization/products' }, products, signal)
    const ids = entities.map(({ id }) => id)
    const had = ids.some((id) => id.toLowerCase() === 'byoc')
    const because = `GET /authorization/products: ${ids.join(', ') || 'none'}`
    return { what, state: had ? 'had' : 'missing', because }
  })
}

function trunkKindNeed({ http }: Genesys, signal: AbortSignal): Promise<Need> {
  const what = 'BYOC carrier trunks'
  const query = { type: 'EXTERNAL' }
  return probed(what, async () => {
    const kinds = await listAll(http, { path: trunkKinds, query }, pages.metabases, signal)
    const ids = kinds.map(({ id }) => id)
    const because = `GET ${trunkKinds}: ${ids.join(', ') || 'none'}`
    return { what, state: ids.some((id) => byocCarrier.test(id)) ? 'had' : 'missing', because }
  })
}

/** A probe that fails is never missing, unless our credentials were refused, and never had. */
async function probed(what: string, probe: () => Promise<Need>): Promise<Need> {
  try {
    return await probe()
  } catch (error) {
    if (!(error instanceof ChangeoverError)) throw error
    if (error.code === 'platform.unauthorised')
      return { what, state: 'missing', because: error.message }
    return { what, ...failed(error) }
  }
}

function failedNeed(error: unknown, signal: AbortSignal): Pick<Need, 'state' | 'because'> {
  signal.throwIfAborted()
  if (error instanceof ChangeoverError) return failed(error)
  throw error
}

/** A call that we may not make can't tell, and a person may look; one that failed will tell when it works again. */
function failed({ remedy, message }: ChangeoverError): Pick<Need, 'state' | 'because'> {
  return { state: remedy === 'operator' ? 'unknown' : 'unreachable', because: message }
}
