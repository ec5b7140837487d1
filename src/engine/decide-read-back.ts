import { stepKey } from '../kernel/ids.ts'
import type { Command, Surroundings } from './command.ts'
import { isDue } from './decide-stopped.ts'
import type { Found } from './promoted-state.ts'
import type { Verb } from './run-event.ts'
import type { RunState } from './run-state.ts'

/** When the look after a promotion is to be made again is kept beside the steps' own, under this key. */
export const readBackKey = stepKey('(read back)')

/** After a promotion everything is read before anything else is done. */
export function decideReadBack(state: RunState, around: Surroundings): Command | undefined {
  const readBack = state.promotion?.readBack
  if (readBack === undefined || readBack.found !== undefined) return undefined
  if (isDue(readBackKey, around)) return { kind: 'read-back' }
  return { kind: 'wait', until: around.notBefore.get(readBackKey), because: sayReadBack(state) }
}

/** What was found is for a person to judge: nothing goes on by itself, except back when a guard is breached. */
export function decideHeldAsFound(state: RunState): Command | undefined {
  if (state.promotion?.readBack?.found === undefined) return undefined
  return { kind: 'wait', until: undefined, because: sayReadBack(state) }
}

/** Of a run whose journal may lack its end nothing else can be granted: what it would be granted for is not known. */
export function refusalUntilRead({ promotion }: RunState, verb: Verb): string | undefined {
  const readBack = promotion?.readBack
  if (readBack === undefined) return undefined
  if (verb !== 'skip' && verb !== 'confirm' && verb !== 'cancel' && verb !== 'retry')
    return undefined
  if (readBack.found !== undefined)
    return 'its last commits are lost: resume or rollback, see status'
  return verb === 'retry'
    ? undefined
    : 'the database failed over and it has not been read back yet: wait, or rollback'
}

/** Why it holds, or can't go on yet, for people; empty when it is neither. */
export function sayReadBack(state: RunState): string {
  const readBack = state.promotion?.readBack
  if (readBack === undefined) return ''
  const because = sayPromotion(readBack)
  if (readBack.found !== undefined) return `${because}; ${sayFound(state, readBack.found)}`
  const { failed } = readBack
  const why =
    failed === undefined ? '' : `: ${titleOf(state, failed.step)}: ${failed.error.message}`
  return `${because}; nothing goes on before every step was read back${why}`
}

/** What was found, and what either answer would do with it. */
export function sayFound(state: RunState, { lost, undone }: Found): string {
  const names = (those: readonly { readonly step: Found['lost'][number]['step'] }[]) =>
    those.map(({ step }) => titleOf(state, step)).join(', ')
  const withoutImage = lost.filter(
    ({ step, trace }) => trace !== 'unreadable' && !('before' in (state.steps[step]?.phase ?? {})),
  )
  return [
    lost.length === 0 ? '' : `done, and the journal knows nothing of it: ${names(lost)}`,
    undone.length === 0
      ? ''
      : `undone, and the journal knows nothing of it: ${names(undone.filter(({ trace }) => trace !== 'unreadable'))}`,
    undone.length === 0
      ? 'resume takes it as found'
      : 'it had turned back, most likely: rollback takes it to the end, resume does them again',
    withoutImage.length === 0
      ? 'rollback takes it back too'
      : `rollback stops for you to put back by hand, because what was there before is lost: ${names(withoutImage)}`,
  ]
    .filter((part) => part !== '')
    .join('; ')
}

/** For the end's summary: what stands, or was taken back, without the journal's knowledge of how it was made. */
export function sayTaken(state: RunState): string {
  if (state.promotion === undefined) return ''
  const { takenAsFound, notReadBack } = state.promotion
  const names = (keys: readonly string[]) => keys.map((key) => titleOf(state, key)).join(', ')
  const taken =
    takenAsFound.length === 0
      ? ''
      : `; taken as found after the database failed over: ${names(takenAsFound)}`
  const unread =
    notReadBack.length === 0
      ? ''
      : `; not read back after the database failed over: ${names(notReadBack)}, and what follows`
  return taken + unread
}

/** `<system identifier>/<timeline>` of both, as a person says it. */
export function sayPromotion({ from, to }: { readonly from: string; readonly to: string }): string {
  const [system, before] = from.split('/')
  const [other, now] = to.split('/')
  const what = system === other ? `timeline ${before} → ${now}` : 'another database, or a backup'
  return `the database failed over (${what}), its last commits may be lost`
}

function titleOf({ runbook }: RunState, key: string): string {
  return runbook.steps.find((planned) => planned.key === key)?.title ?? key
}
