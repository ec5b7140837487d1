import { createHash } from 'node:crypto'

/** Buckets that callers are spread over: a share of 5 % is the boundary 500. */
export const shareBuckets = 10_000

/**
 * The bucket of one caller, 0 to 9999 (D2): the same caller and salt always give the same one.
 *
 * A share is a boundary: callers whose bucket is below it go to the target. So a growing share only
 * ever adds callers, and nothing is drawn at random.
 *
 * @param caller E.164 number of the caller; its Call-ID where there is no number
 * @param salt the wave's own, so that the same callers aren't first in every wave
 */
export function shareBucket(caller: string, salt: string): number {
  const digest = createHash('sha256').update(`${salt}\n${caller}`).digest()
  return digest.readUInt32BE(0) % shareBuckets
}
