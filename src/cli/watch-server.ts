import { setTimeout as pause } from 'node:timers/promises'
import { type FoundServer, findServer } from '../app/find-server.ts'
import { stateAfter } from '../app/run-desk.ts'
import { mayPass } from '../engine/after-error.ts'
import type { RunState } from '../engine/run-state.ts'
import type { RunNews } from '../http/contract/journal.ts'
import type { RunDesk } from '../http/ports.ts'
import { errorFacts } from '../kernel/errors.ts'
import { ms } from '../kernel/units.ts'
import { entryOf } from './entry-of.ts'
import { type ExitCode, exitCodes, exitOfOutcome } from './exit-codes.ts'
import type { ServerUp } from './open-desk.ts'
import { printRunLine } from './output/print-run-line.ts'
import { lineOf } from './output/run-lines.ts'
import type { Shell } from './shell.ts'

const lookAgainMs = 500

/** Watches a run that the server carries on, over its restarts too. Ctrl-C ends the watching, not the run. */
export async function watchAtServer(
  shell: Shell,
  server: ServerUp,
  run: string,
): Promise<ExitCode> {
  const { printer, interrupted } = shell
  const watch = createWatch(shell, run)
  let found: FoundServer = server
  while (!interrupted.aborted) {
    if (found.kind === 'up') await watch.through(found.desk)
    const outcome = watch.outcome()
    if (outcome !== undefined) return exitOfOutcome(outcome)
    if (interrupted.aborted) break
    // Its stream has ended: whether it is there is looked at before anything is said of it.
    found = await findServer(shell.dataDirectory, shell.environment)
    if (found.kind !== 'up') watch.isAway(found)
    await pause(lookAgainMs, undefined, { signal: interrupted }).catch(() => undefined)
  }
  printer.line(`\n${leftTo(found, run)}`)
  return exitCodes.hold
}

/** What becomes of the run once nobody watches it: only a server that was there goes on with it. */
function leftTo(found: FoundServer, run: string): string {
  switch (found.kind) {
    case 'up':
      return `${run} is left to the server, which goes on with it. Stop it with: changeover pause ${run}`
    case 'silent':
      return `${run} is left to a server that does not answer (process ${found.pid}): it may go on with it. Stop it with: changeover pause ${run}`
    case 'none':
    case 'elsewhere':
      return `nobody has ${run}: no server is up, so nothing is watched and no hold runs out. Go on with: changeover serve, or changeover resume ${run}`
  }
}

function whyAway(found: Exclude<FoundServer, { kind: 'up' }>, run: string): string {
  return found.kind === 'silent'
    ? `the server (process ${found.pid}) does not answer; it may be going on with ${run} all the same`
    : `the server is gone; nobody goes on with ${run} before one is up: changeover serve, or changeover resume ${run}`
}

export type Watch = ReturnType<typeof createWatch>

/** Prints what happens to a run, from its beginning, or after what was shown of it already. */
export function createWatch({ printer, interrupted }: Shell, run: string, shown?: RunState) {
  let state = shown
  let isTold = false
  const show = ({ entry: given, timeToSafeMs }: RunNews) => {
    if (isTold) printer.line('the server is back')
    isTold = false
    const entry = entryOf(given)
    state = stateAfter(state, entry)
    const line = lineOf(entry, state, ms(timeToSafeMs))
    if (line !== undefined) printRunLine(printer, line)
  }
  return {
    outcome: () => state?.outcome,
    /** Prints what is new until the stream ends, for whatever reason that may pass. */
    async through(desk: RunDesk) {
      const after = state?.head.seq ?? 0
      try {
        for await (const news of desk.follow(run, after, interrupted)) show(news)
      } catch (thrown) {
        if (!interrupted.aborted && !mayPass(errorFacts(thrown))) throw thrown
      }
    },
    isAway(found: Exclude<FoundServer, { kind: 'up' }>) {
      if (!isTold) printer.problem(whyAway(found, run))
      isTold = true
    },
  }
}
