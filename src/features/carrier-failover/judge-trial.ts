import type { Milliseconds } from '../../kernel/units.ts'
import { formatTrialAnswer, type ProfileEntry } from './profile.ts'

/** What came of one call through the carrier. Targets are counted from 0, the primary. */
export interface TrialSeen {
  /** Targets that got the INVITE, in the order in which they did. */
  readonly reached: readonly number[]
  readonly caller:
    | { readonly kind: 'answered'; readonly after: Milliseconds }
    | { readonly kind: 'refused'; readonly status: number; readonly after: Milliseconds }
    | { readonly kind: 'silent'; readonly because: string }
}

export interface TrialVerdict {
  /** `unknown`: the call never came to the primary, so nothing was tried. */
  readonly verdict: 'right' | 'wrong' | 'unknown'
  readonly because: string
}

export const targetNames = ['primary', 'secondary', 'tertiary'] as const
const nameOf = (target: number | undefined) =>
  target === undefined ? 'nobody' : (targetNames[target] ?? `target ${target + 1}`)

/** Whether the carrier did with an answer of the primary what its profile says (D8). */
export function judgeTrial({ answer, expected }: ProfileEntry, seen: TrialSeen): TrialVerdict {
  const [first, ...others] = seen.reached
  if (first !== 0) {
    const where = first === undefined ? 'to none of our targets' : `to the ${nameOf(first)} first`
    return { verdict: 'unknown', because: `the call came ${where}; the caller ${callerText(seen)}` }
  }
  const said = formatTrialAnswer(answer)
  const moved = others.length > 0
  if (moved && expected === 'stays')
    return {
      verdict: 'wrong',
      because: `${said} moves on to the ${nameOf(others[0])}: the callee is rung twice`,
    }
  if (!moved && expected === 'moves-on')
    return { verdict: 'wrong', because: `${said} does not move on; the caller ${callerText(seen)}` }
  if (moved && seen.caller.kind !== 'answered')
    return { verdict: 'wrong', because: `${said} moves on, but the caller ${callerText(seen)}` }
  if (!moved && seen.caller.kind !== 'refused')
    return { verdict: 'wrong', because: `${said} stays, but the caller ${callerText(seen)}` }
  const how = moved ? `moves on to the ${nameOf(seen.reached.at(-1))}` : 'stays'
  return { verdict: 'right', because: `${said} ${how}; the caller ${callerText(seen)}` }
}

/** Whether a call goes on to the target behind all those that refuse. */
export function judgeChain(down: number, seen: TrialSeen): TrialVerdict {
  const last = seen.reached.at(-1)
  const who = `with ${Array.from({ length: down }, (_, target) => nameOf(target)).join(' and ')} down`
  if (seen.reached.length === 0)
    return { verdict: 'unknown', because: `${who} the call came to none of our targets` }
  const isRight = last === down && seen.caller.kind === 'answered'
  const because = isRight
    ? `${who} the ${nameOf(down)} answers; the caller ${callerText(seen)}`
    : `${who} the call ends at the ${nameOf(last)}; the caller ${callerText(seen)}`
  return { verdict: isRight ? 'right' : 'wrong', because }
}

function callerText({ caller }: TrialSeen): string {
  if (caller.kind === 'silent') return `hears nothing: ${caller.because}`
  const after = `after ${(caller.after / 1000).toFixed(1)} s`
  return caller.kind === 'answered' ? `is answered ${after}` : `gets ${caller.status} ${after}`
}

/** A call that stood when its target went down, and the one that came after (G3.2). */
export interface SurvivalSeen {
  readonly before: TrialSeen
  /** Whether the call that stood was still up after that time, and ended by our own BYE. */
  readonly survived: boolean
  readonly after: TrialSeen
}

export function judgeSurvival({ before, survived, after }: SurvivalSeen): TrialVerdict {
  if (before.reached[0] !== 0 || before.caller.kind !== 'answered')
    return { verdict: 'unknown', because: 'no call stood at the primary that could survive' }
  if (!survived)
    return { verdict: 'wrong', because: 'the call that stood was ended when the primary went down' }
  const last = after.reached.at(-1)
  if (last === undefined || last === 0 || after.caller.kind !== 'answered')
    return {
      verdict: 'wrong',
      because: `the call that stood survived, but a new one ${callerText(after)}`,
    }
  return {
    verdict: 'right',
    because: `the call that stood survived; a new one is answered by the ${nameOf(last)}`,
  }
}
