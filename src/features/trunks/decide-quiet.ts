import { z } from 'zod'
import { type EpochMs, epochMs, later, type Milliseconds, ms } from '../../kernel/units.ts'

/** World time between two looks: a call that is shorter than this can come and go unseen. */
export const lookEvery = ms(15_000)

/** What was seen is written down this often, so that a process that comes after a crash may build on it. */
const notedEvery = ms(2 * 60_000)

/** A quiet that nobody watched for longer than this is none: whoever comes after a longer gap begins anew. */
const longestGap = ms(3 * 60_000)

const Quiet = z.object({
  /** World time of the first look at no call. */
  since: z.number().transform(epochMs),
  /** World time of a look at no call that was written down. */
  seenUntil: z.number().transform(epochMs),
})
/** A side without calls, as far as looks have seen it: plain JSON, kept in the journal. */
export type Quiet = z.output<typeof Quiet>

export type QuietVerdict =
  | { readonly kind: 'quiet'; readonly lasted: Milliseconds }
  | { readonly kind: 'calls'; readonly up: number }
  | { readonly kind: 'not-long-enough'; readonly lasted: Milliseconds; readonly remember: Quiet }

/**
 * Whether a side has been quiet for long enough, by one more look at it (D1). Pure.
 *
 * A resolver that ignores TTLs sends callers to a side for as long as it likes, and no DNS answer shows it:
 * what arrives there is the truth. So no call may have been up at any look for the whole time wanted; any
 * call begins it anew, and so does a gap in the looks. What is remembered may be lost: it lasts longer then.
 */
export function decideQuiet(
  { up, now }: { readonly up: number; readonly now: EpochMs },
  wanted: Milliseconds,
  remembered: unknown,
): QuietVerdict {
  if (up > 0) return { kind: 'calls', up }
  const before = watched(remembered, now)
  const since = before?.since ?? now
  const lasted = ms(now - since)
  if (lasted >= wanted) return { kind: 'quiet', lasted }
  const isNoted = before !== undefined && now < later(before.seenUntil, notedEvery)
  const seenUntil = isNoted ? before.seenUntil : now
  return { kind: 'not-long-enough', lasted, remember: { since, seenUntil } }
}

function watched(remembered: unknown, now: EpochMs): Quiet | undefined {
  const { success, data } = Quiet.safeParse(remembered)
  if (!success || now < data.seenUntil) return undefined
  return now <= later(data.seenUntil, longestGap) ? data : undefined
}
