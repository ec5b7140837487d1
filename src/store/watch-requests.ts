import { type Kysely, sql } from 'kysely'
import { Client } from 'pg'
import { type RunId, runId } from '../kernel/ids.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

export const requestChannel = 'changeover_run_requests'

/** A request is seen within 200 ms (M-requirements, operators): less than that, with room for the answer. */
const pollEveryMs = 150
const reconnectAfterMs = 500

interface Waiting {
  readonly id: string
  readonly run: string
}

/**
 * Calls back for every request made from now on, by anybody. Told at once by NOTIFY; the poll finds what
 * came while the listening connection was down, or behind a pooler that passes no notifications on.
 */
export async function watchRequests(
  database: Database,
  tell: (run: RunId) => void,
): Promise<() => Promise<void>> {
  const told = new Set((await unseen(database.db)).map((request) => request.id))
  const tellOnce = (request: Waiting) => {
    if (told.has(request.id)) return
    told.add(request.id)
    tell(runId(request.run))
  }
  const endListening = listen(database.url, tellOnce)
  const endPolling = repeat(pollEveryMs, async () => {
    const before = [...told]
    const waiting = await unseen(database.db)
    waiting.forEach(tellOnce)
    const still = new Set(waiting.map((request) => request.id))
    for (const id of before) if (!still.has(id)) told.delete(id)
  })
  return async () => {
    await Promise.all([endListening(), endPolling()])
  }
}

async function unseen(db: Kysely<Schema>): Promise<readonly Waiting[]> {
  const { rows } = await sql<Waiting>`
    select id, run from run_requests where seen_at is null order by id`.execute(db)
  return rows
}

/** Listens on a connection of its own, and makes a new one whenever it breaks. */
function listen(url: string, tell: (request: Waiting) => void): () => Promise<void> {
  let ended = false
  let client: Client | undefined
  let retry: NodeJS.Timeout | undefined

  const connect = async () => {
    const made = new Client({ connectionString: url, keepAlive: true })
    client = made
    // The end follows every error, and is where the next attempt is planned.
    made.on('error', () => undefined)
    made.on('end', again)
    made.on('notification', ({ payload }) => {
      const [id, run] = splitOnce(payload ?? '')
      if (run !== undefined) tell({ id, run })
    })
    try {
      await made.connect()
      await made.query(`listen ${requestChannel}`)
    } catch {
      // Not now: the poll covers it until then.
      await made.end().catch(() => undefined)
      again()
    }
  }
  const again = () => {
    if (ended || retry !== undefined) return
    retry = setTimeout(() => {
      retry = undefined
      void connect()
    }, reconnectAfterMs)
  }

  void connect()
  return async () => {
    ended = true
    clearTimeout(retry)
    await client?.end().catch(() => undefined)
  }
}

function splitOnce(payload: string): readonly [string, string | undefined] {
  const space = payload.indexOf(' ')
  return space < 0 ? [payload, undefined] : [payload.slice(0, space), payload.slice(space + 1)]
}

/** Does something over and over, the pause between two; a failure is the next attempt's business. */
function repeat(pauseMs: number, work: () => Promise<void>): () => Promise<void> {
  let ended = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const plan = () => {
    if (ended) return
    timer = setTimeout(() => {
      running = work()
        .catch(() => undefined)
        .then(plan)
    }, pauseMs)
  }
  plan()
  return async () => {
    ended = true
    clearTimeout(timer)
    await running
  }
}
