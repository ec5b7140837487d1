import type { OpenedApplication } from '../../app/open-application.ts'
import { judgeDurability } from '../../app/preflight-database.ts'
import type { Printer } from './print.ts'

/** At the start, if a failover of the database would not be noticed, or would lose commits: nobody may learn it then. */
export async function sayDurability(
  printer: Printer,
  { durability }: Pick<OpenedApplication, 'durability'>,
): Promise<void> {
  for (const { what, state, because, todo } of judgeDurability(await durability()))
    if (state !== 'had') printer.problem(`database ${what}: ${because}; ${todo}`)
}
