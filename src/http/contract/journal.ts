import { z } from 'zod'

/** One entry as it was written and hashed: nothing is renamed or left out, so that a copy can be verified. */
export const JournalEntry = z.object({
  run: z.string(),
  seq: z.number().describe('1, 2, 3 … without gaps'),
  at: z.number(),
  event: z.looseObject({ kind: z.string() }),
  previousHash: z.string(),
  hash: z.string(),
})
export type JournalEntry = z.output<typeof JournalEntry>

export const Journal = z.object({ entries: z.array(JournalEntry) })
export type Journal = z.output<typeof Journal>

/** `data` of one server-sent event; its `id` is the entry’s `seq`. */
export const RunNews = z.object({
  entry: JournalEntry,
  timeToSafeMs: z.number().describe('After this entry'),
})
export type RunNews = z.output<typeof RunNews>
