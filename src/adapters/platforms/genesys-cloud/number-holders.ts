import { UnexpectedAnswerError } from '../../../features/platform/index.ts'
import { chunks, type Genesys, listAll, pageSize } from './client.ts'
import { pages } from './pages.ts'
import type { DidNumber, DidPool } from './schema.ts'

const edges = '/telephony/providers/edges'
const type = 'ASSIGNED_AND_UNASSIGNED'
/** Ids in one query; a bound isn't published [U]. */
const mostIds = 50

/** Pools whose numbers can be bound. */
export async function activePools(
  { http }: Genesys,
  signal: AbortSignal,
): Promise<readonly DidPool[]> {
  const all = await listAll(http, { path: `${edges}/didpools` }, pages.didPools, signal)
  return all.filter(({ state }) => state === undefined || state === 'active')
}

/** E.164 numbers of one length are in order as they are written. */
export function isInPool(
  number: string,
  { startPhoneNumber: first, endPhoneNumber: last }: DidPool,
): boolean {
  return number.length === first.length && number >= first && number <= last
}

/**
 * Who has these numbers, where it is no call route that we see: `user Ann Lee`. A number can be assigned to a
 * user, a phone or a group instead (contract §2.3), and no listing of call routes shows that.
 *
 * @param routes ids of the call routes that we see
 * @throws {UnexpectedAnswerError} when the platform doesn't say: not known to be free is not free
 */
export async function holdersOf(
  genesys: Genesys,
  numbers: readonly string[],
  routes: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const pools = await activePools(genesys, signal)
  // What is in no pool is not the organisation's, and so nobody's there.
  const ours = numbers.filter((number) => pools.some((pool) => isInPool(number, pool)))
  const rows = await rowsOf(genesys, ours, pools, signal)
  return Object.fromEntries(
    ours.flatMap((number) => {
      const holder = holderOf(genesys, number, rows.get(digitsOf(number)), routes)
      return holder === undefined ? [] : [[number, holder]]
    }),
  )
}

function holderOf(
  { id }: Genesys,
  number: string,
  row: DidNumber | undefined,
  routes: ReadonlySet<string>,
): string | undefined {
  const { assigned, owner, ownerType } = row ?? {}
  if (ownerType === undefined && owner === undefined) {
    if (assigned === false) return undefined
    if (assigned === true) return 'somebody whom the platform does not name'
    throw new UnexpectedAnswerError(`platform ${id} does not say whether ${number} is assigned`, {
      details: { number },
    })
  }
  const name = owner?.name ?? owner?.id ?? 'without a name'
  if (ownerType !== 'IVR_CONFIG') return `${(ownerType ?? 'something').toLowerCase()} ${name}`
  return routes.has(owner?.id ?? '') ? undefined : `call route ${name}, which we don't see`
}

type Rows = Map<string, DidNumber>

/** Rows by the numbers' digits: of whole pools, unless asking for each number makes fewer calls. */
async function rowsOf(
  genesys: Genesys,
  numbers: readonly string[],
  pools: readonly DidPool[],
  signal: AbortSignal,
): Promise<Rows> {
  const rows: Rows = new Map()
  if (poolsOf(numbers, pools).reduce((sum, pool) => sum + pagesOf(pool), 0) > numbers.length) {
    for (const number of numbers) {
      const query = { type, numberMatch: digitsOf(number) }
      await collect(genesys, query, rows, signal)
    }
  }
  const untold = numbers.filter((number) => !rows.has(digitsOf(number)))
  for (const some of chunks(poolsOf(untold, pools), mostIds))
    await collect(genesys, { type, id: some.map(({ id }) => id) }, rows, signal)
  return rows
}

async function collect(
  { http }: Genesys,
  query: Readonly<Record<string, string | readonly string[]>>,
  rows: Rows,
  signal: AbortSignal,
): Promise<void> {
  const path = `${edges}/didpools/dids`
  for (const row of await listAll(http, { path, query }, pages.didNumbers, signal))
    rows.set(digitsOf(row.number), row)
}

function poolsOf(numbers: readonly string[], pools: readonly DidPool[]): readonly DidPool[] {
  return pools.filter((pool) => numbers.some((number) => isInPool(number, pool)))
}

/** Part of a page where pools are small: several are asked for at once. */
function pagesOf({ startPhoneNumber: first, endPhoneNumber: last }: DidPool): number {
  return (Number(digitsOf(last)) - Number(digitsOf(first)) + 1) / pageSize
}

const digitsOf = (number: string) => number.replace(/\D/g, '')
