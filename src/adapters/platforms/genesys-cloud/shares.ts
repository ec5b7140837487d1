import {
  type Need,
  NotFoundError,
  PlatformConflictError,
  type SharePolicy,
  type Shares,
  UnexpectedAnswerError,
} from '../../../features/platform/index.ts'
import type { WriteLimits } from '../../../kernel/authority.ts'
import { readBack } from '../read-back.ts'
import { type Genesys, listAll } from './client.ts'
import { sameShare } from './mapping.ts'
import { pages } from './pages.ts'
import { nothing, shareRow, tableWithColumns } from './schema.ts'

const tables = '/flows/datatables'

/** Shares as rows of one data table, key = site; the flow looks its row up for each call (contract §2.5). */
export function createShares(genesys: Genesys, table: string): Shares {
  return {
    probe: (signal) => probe(genesys, table, signal),
    read: async (site, signal) =>
      readRow(genesys, await rowsOf(genesys, table, signal), site, signal),
    async replace(site, before, next, limits) {
      const rows = await rowsOf(genesys, table, limits.signal)
      const read = () => readRow(genesys, rows, site, limits.signal)
      const now = await read()
      if (sameShare(now, next)) return
      refuseIfMoved({ site, now, before, limits })
      await writeRow(genesys, { rows, site, now, next }, limits)
      await readBack(`share of ${site}`, {
        read,
        agrees: (seen) => sameShare(seen, next),
        wireClock: genesys.wireClock,
        limits,
      })
    },
  }
}

/** What the flow reads: the key is the site, the rest of a row is its share. */
const columns: Readonly<Record<string, readonly string[]>> = {
  KEY: ['string'],
  boundary: ['integer', 'number'],
  salt: ['string'],
  policyVersion: ['integer', 'number'],
  epoch: ['integer', 'number'],
}

async function probe(
  genesys: Genesys,
  table: string,
  signal: AbortSignal,
): Promise<readonly Need[]> {
  const what = `data table ${table}`
  const found = await tableNamed(genesys, table, signal)
  const todo = `Admin › Architect › Data Tables: ${table} with ${Object.keys(columns).join(', ')}`
  if (found === undefined)
    return [{ what, state: 'missing', because: 'there is no data table of this name', todo }]
  const path = `${tables}/${encodeURIComponent(found.id)}`
  const query = { expand: 'schema' }
  const { schema } = await genesys.http.read({ path, query }, tableWithColumns, signal)
  if (schema === undefined)
    return [{ what, state: 'unknown', because: 'Genesys shows no schema of it', todo }]
  const wrong = Object.entries(columns).flatMap(([name, types]) => {
    const type = schema.properties[name]?.type
    if (type !== undefined && types.includes(type)) return []
    return [`${name} is ${type ?? 'not there'}, ${types.join(' or ')} is needed`]
  })
  return wrong.length === 0
    ? [{ what, state: 'had', because: `with columns ${Object.keys(columns).join(', ')}` }]
    : [{ what, state: 'missing', because: wrong.join('; '), todo }]
}

/** The table has no version, so what is read immediately before is compared here (D10, X7). */
function refuseIfMoved(row: {
  readonly site: string
  readonly now: SharePolicy | undefined
  readonly before: SharePolicy | undefined
  readonly limits: WriteLimits
}): void {
  const { site, now, before, limits } = row
  if (now !== undefined && now.epoch > limits.epoch)
    throw new PlatformConflictError(
      `share of ${site} was set under epoch ${now.epoch}, newer than ours (${limits.epoch}); left as it is`,
      { details: { site, now, epoch: limits.epoch } },
    )
  if (!sameShare(now, before))
    throw new PlatformConflictError(
      `share of ${site} is not what it was when it was read; left as it is`,
      {
        details: { site, now: now ?? null, expected: before ?? null },
      },
    )
}

async function writeRow(
  genesys: Genesys,
  row: {
    readonly rows: string
    readonly site: string
    readonly now: SharePolicy | undefined
    readonly next: SharePolicy | undefined
  },
  limits: WriteLimits,
): Promise<void> {
  const { http } = genesys
  const { rows, site, now, next } = row
  const one = `${rows}/${encodeURIComponent(site)}`
  if (next === undefined) {
    await http.write({ method: 'DELETE', path: one }, nothing, limits)
    return
  }
  const body = {
    KEY: site,
    boundary: next.boundary,
    salt: next.salt,
    policyVersion: next.policyVersion,
    epoch: next.epoch,
  }
  if (now === undefined) await addRow(genesys, { rows, site, body }, limits)
  else await http.write({ method: 'PUT', path: one, body }, nothing, limits)
}

/** A row that is refused as one that exists, and is not shown: reads lag behind a write, ours of a moment ago perhaps. */
async function addRow(
  { http, id }: Genesys,
  row: { readonly rows: string; readonly site: string; readonly body: unknown },
  limits: WriteLimits,
): Promise<void> {
  const { rows, site, body } = row
  try {
    await http.write({ method: 'POST', path: rows, body }, nothing, limits)
  } catch (cause) {
    if (!(cause instanceof PlatformConflictError)) throw cause
    throw new UnexpectedAnswerError(
      `platform ${id} says that ${site} has a share, and shows none: its reads lag behind`,
      { cause, details: { site } },
    )
  }
}

async function readRow(
  { http }: Genesys,
  rows: string,
  site: string,
  signal: AbortSignal,
): Promise<SharePolicy | undefined> {
  const query = { showbrief: 'false' }
  try {
    return await http.read({ path: `${rows}/${encodeURIComponent(site)}`, query }, shareRow, signal)
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}

/** Path of the table's rows. Looked up each time: a table made anew has another id. */
async function rowsOf(genesys: Genesys, table: string, signal: AbortSignal): Promise<string> {
  const exact = await tableNamed(genesys, table, signal)
  if (exact === undefined)
    throw new NotFoundError(
      `platform ${genesys.id} has no data table named ${table}; create it with KEY, boundary, salt, policyVersion, epoch`,
      { details: { table } },
    )
  return `${tables}/${encodeURIComponent(exact.id)}/rows`
}

async function tableNamed({ http }: Genesys, table: string, signal: AbortSignal) {
  const found = await listAll(
    http,
    { path: tables, query: { name: table } },
    pages.dataTables,
    signal,
  )
  return found.find(({ name }) => name === table)
}
