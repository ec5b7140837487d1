import type { Account, Need } from '../../../features/platform/index.ts'
import type { Clock } from '../../../kernel/clock.ts'
import { ChangeoverError } from '../../../kernel/errors.ts'
import { ms } from '../../../kernel/units.ts'
import { permissions } from './capabilities.ts'
import { type Genesys, platformNow } from './client.ts'
import { limits, products, type Subject, subject, tokenInfo } from './schema.ts'

/** Operations that only work on a trunk of our own (contract §2.2). */
const needByoc = /^trunks\b/

/** What the client may do on the real account (P1.1, P1.2), in Genesys's own names. */
export function createAccount(genesys: Genesys, clock: Clock): Account {
  return {
    async check(operations, signal) {
      const needs = [
        await tokenNeed(genesys, signal),
        ...(await permissionNeeds(genesys, operations, signal)),
        await limitNeed(genesys, signal),
      ]
      if (operations.some((operation) => needByoc.test(operation)))
        needs.push(await productNeed(genesys, signal))
      return needs
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
    return { what, state: 'had', because: `GET /tokens/me: accepted by ${name}` }
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
    const because = wordsOf(error, signal)
    const unknown = [...wanted.alternatives.keys()].map(
      (what): Need => ({ what, state: 'unknown', because }),
    )
    return [...unknown, ...wanted.unknown]
  }
}

function permissionNeed(what: string, any: readonly string[], granted: ReadonlySet<string>): Need {
  const found = any.find((permission) => covers(granted, permission))
  const asked = 'GET /authorization/subjects/me'
  return found === undefined
    ? { what, state: 'missing', because: `${asked}: no role of this client has it` }
    : { what, state: 'had', because: `${asked}: a role of this client has ${found}` }
}

/** Each permission once, whichever operations want it; operations that we don't know are said to be so. */
function wantedBy(operations: readonly string[]) {
  const alternatives = new Map<string, readonly string[]>()
  const unknown: Need[] = []
  for (const operation of operations) {
    const names = Object.keys(permissions).filter(
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

function limitNeed({ http }: Genesys, signal: AbortSignal): Promise<Need> {
  const what = 'rate limit of the client'
  const path = '/organizations/limits/namespaces/platform.api'
  return probed(what, async () => {
    const { entities } = await http.read({ path }, limits, signal)
    const rates = entities.filter(({ key }) => key.endsWith('rate.per.minute'))
    const because = rates.map(({ key, value }) => `${key} = ${value ?? '?'}`).join(', ')
    return rates.length > 0
      ? { what, state: 'had', because }
      : { what, state: 'unknown', because: `GET ${path}: shows no rate` }
  })
}

/** A probe that fails leaves its need unknown: never missing, never had. */
async function probed(what: string, probe: () => Promise<Need>): Promise<Need> {
  try {
    return await probe()
  } catch (error) {
    if (!(error instanceof ChangeoverError)) throw error
    const refused = error.code === 'platform.unauthorised'
    return { what, state: refused ? 'missing' : 'unknown', because: error.message }
  }
}

function wordsOf(error: unknown, signal: AbortSignal): string {
  signal.throwIfAborted()
  if (error instanceof ChangeoverError) return error.message
  throw error
}
