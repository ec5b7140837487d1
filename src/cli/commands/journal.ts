import { verifyJournal } from '../../engine/journal.ts'
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
  options: { readonly head?: string },
): Promise<ExitCode> {
  return withDesk(shell, async (desk) => {
    const journal = (await desk.journal(name)).map(entryOf)
    const verdict = verifyJournal(journal, options.head)
    if (verdict.kind === 'whole') {
      shell.printer.line(`whole: ${verdict.entries} entries, head ${verdict.head}`)
      return exitCodes.go
    }
    shell.printer.problem(`broken at entry ${verdict.seq}: ${verdict.because}`)
    return exitCodes.noGo
  })
}
