import { type JournalVerdict, verifyJournal } from '../../engine/journal.ts'
import type { JournalEntry } from '../../engine/run-event.ts'
import { entryOf } from '../entry-of.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { withDesk } from '../open-desk.ts'
import type { Shell } from '../shell.ts'

/** `journal show`: every entry of a run, in order. */
export function showJournal(
  shell: Shell,
  name: string,
  options: { readonly json?: true },
): Promise<ExitCode> {
  return withDesk(shell, async (desk) => {
    const journal = (await desk.journal(name)).map(entryOf)
    for (const entry of journal) {
      if (options.json === true) {
        shell.printer.line(JSON.stringify(entry))
        continue
      }
      const { kind, ...facts } = entry.event
      const said = kind === 'run-created' ? { runbook: entry.event.runbook.name } : facts
      const at = new Date(entry.at).toISOString()
      shell.printer.line(
        `${String(entry.seq).padStart(4)} ${at} ${kind.padEnd(16)} ${JSON.stringify(said)}  ${entry.hash.slice(0, 12)}`,
      )
    }
    return exitCodes.go
  })
}

/** `journal verify`: no gap, every hash right; with `--head`, that the tail is there too (X15). */
export function verifyJournalOf(
  shell: Shell,
  name: string,
  options: { readonly head?: string; readonly json?: true },
): Promise<ExitCode> {
  return withDesk(shell, async (desk) => {
    const journal = (await desk.journal(name)).map(entryOf)
    const verdict = verifyAnchored(journal, options.head)
    const isWhole = verdict.kind === 'whole'
    if (options.json === true)
      shell.printer.line(JSON.stringify({ ...verdict, entries: journal.length }, null, 2))
    else if (isWhole) shell.printer.line(wholeText(journal, verdict.head, options.head))
    else shell.printer.problem(`broken at entry ${verdict.seq}: ${verdict.because}`)
    return isWhole ? exitCodes.go : exitCodes.noGo
  })
}

/** A run that has gone on has its old head in the chain still; only a head that is nowhere in it accuses. */
export function verifyAnchored(journal: readonly JournalEntry[], head?: string): JournalVerdict {
  const isThere = journal.some(({ hash }) => hash === head)
  return verifyJournal(journal, isThere ? undefined : head)
}

export function wholeText(
  journal: readonly JournalEntry[],
  head: string,
  anchored?: string,
): string {
  const at = journal.find(({ hash }) => hash === anchored)?.seq
  const whole = `whole: ${journal.length} entries, head ${head}`
  if (at === undefined || at === journal.length) return whole
  return `${whole}; the head you gave is that of entry ${at}, the journal has grown by ${journal.length - at} since`
}
