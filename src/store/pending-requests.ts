import { sql } from 'kysely'
import type { RunRequest } from '../engine/ports.ts'
import type { RunId } from '../kernel/ids.ts'
import type { Database } from './database.ts'
import { requestOf, type StoredRequest } from './run-rows.ts'

/** Of each run, the requests that its holder has not seen, oldest first. */
export async function pendingRequests(
  database: Database,
  runs: readonly RunId[],
): Promise<readonly (readonly RunRequest[])[]> {
  const rows = await database.often(
    'pending-requests',
    sql<StoredRequest>`
      select id, run, verb, by, reason, second_person, step, typed, as_of
      from run_requests where run = any(${runs}::text[]) and seen_at is null order by id`,
  )
  const requests = rows.map(requestOf)
  return runs.map((run) => requests.filter((request) => request.run === run))
}
