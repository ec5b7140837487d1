import { StoreUnavailableError } from './errors.ts'

/** SQLSTATE classes and codes after which the same call may succeed (PostgreSQL, appendix A). */
const passing = [
  /^08/, // connection exceptions
  /^53/, // too many connections, out of memory, disk full
  /^57P0/, // shut down, crashed, starting up
  /^40/, // deadlock, serialization
  /^25006$/, // read-only: a standby, in the moments around a promotion
]

const socketCodes = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]

/** Sentences that pg gives no code to. */
const lostConnection =
  /Connection terminated|not queryable|Query read timeout|timeout exceeded when trying to connect|after calling end on the pool|driver has already been destroyed/

/** The store's own error for a connection that is gone; anything else as it was. */
export function storeErrorOf(thrown: unknown): unknown {
  return isPassing(thrown) ? new StoreUnavailableError(thrown) : thrown
}

function isPassing(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  const code = sqlCodeOf(thrown)
  if (code === undefined) return lostConnection.test(thrown.message)
  return socketCodes.includes(code) || passing.some((pattern) => pattern.test(code))
}

/** SQLSTATE, or the socket's code, of anything thrown. */
export function sqlCodeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}

/** Runs one call to the database, with `store.unavailable` in place of every lost connection. */
export async function asked<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call()
  } catch (error) {
    throw storeErrorOf(error)
  }
}
