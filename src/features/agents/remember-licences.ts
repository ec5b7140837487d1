import type { JournalEntry } from '../../engine/run-event.ts'
import type { PlannedStep } from '../../engine/runbook.ts'
import type { EpochMs } from '../../kernel/units.ts'
import { LicencesInput } from './licence-steps.ts'

type Journal = readonly JournalEntry[]

interface Holder {
  readonly platform: string
  readonly user: string
  readonly licence: string
}

/** Since when users hold their licences, as far as earlier runs have seen it; `holderKey` names each. */
export type LicensedSince = ReadonlyMap<string, EpochMs>

export const holderKey = ({ platform, user, licence }: Holder) => `${platform} ${user} ${licence}`

/**
 * Licences that earlier runs saw in force and did not take away again: their lead counts from then, so
 * a wave that is tried again the next night need not wait another day (W5.1). Pure.
 *
 * @param journals of all runs, the oldest first
 */
export function rememberLicences(journals: readonly Journal[]): LicensedSince {
  const since = new Map<string, EpochMs>()
  for (const journal of journals) {
    const created = journal[0]?.event
    if (created?.kind !== 'run-created') continue
    for (const planned of created.runbook.steps)
      if (planned.kind === 'licences.assign') note(since, planned, journal)
  }
  return since
}

function note(since: Map<string, EpochMs>, { key, input }: PlannedStep, journal: Journal): void {
  const { platform, assignments } = LicencesInput.parse(input)
  const of = journal.filter(({ event }) => 'step' in event && event.step === key)
  const seen = of.find(({ event }) => event.kind === 'verified' && event.direction === 'forward')
  // An undo takes only what its own run gave; which that was is not told apart here: all count anew.
  const isTaken = of.some(({ event }) => event.kind === 'undoing')
  for (const assignment of assignments) {
    const holder = holderKey({ platform, ...assignment })
    if (isTaken) since.delete(holder)
    else if (seen !== undefined && !since.has(holder)) since.set(holder, seen.at)
  }
}
