import type { Outcome } from '../engine/run-event.ts'
import { ChangeoverError } from '../kernel/errors.ts'

/** What a command's exit code means; scripts and pipelines rely on them. */
export const exitCodes = {
  go: 0,
  noGo: 1,
  badInput: 2,
  hold: 3,
  refusedForSafety: 4,
  unreachable: 5,
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Below the help of every command. */
export const exitCodeHelp = `
Exit codes:
  0  go: done, granted, or nothing wrong
  1  no-go: the wave came back or was cancelled, something is missing or broken; any other error
  2  bad input: plan, arguments, a file, a secret, the name of a run
  3  hold: the run has not ended, nobody has answered yet, or it can't be known
  4  refused for safety
  5  unreachable: database, DNS or platform`

/** By the part of the code before the dot, or by the whole code where that says more. */
const byCode: Readonly<Record<string, ExitCode>> = {
  'plan.invalid': exitCodes.badInput,
  'plan.unreadable': exitCodes.badInput,
  'plan.unknown-wave': exitCodes.badInput,
  'cli.usage': exitCodes.badInput,
  'capture.unreadable': exitCodes.badInput,
  'capture.unreadable-format': exitCodes.badInput,
  'lab.unknown-fault': exitCodes.badInput,
  'config.secret-missing': exitCodes.badInput,
  'engine.run-not-found': exitCodes.badInput,
  'engine.run-already-open': exitCodes.refusedForSafety,
  'engine.way-back-blocked': exitCodes.refusedForSafety,
  'plan.refused': exitCodes.refusedForSafety,
  'waves.window-past': exitCodes.refusedForSafety,
  'http.not-loopback': exitCodes.refusedForSafety,
  'http.cannot-listen': exitCodes.badInput,
  'http.bad-request': exitCodes.badInput,
  'sip.name-unknown': exitCodes.badInput,
  'sip.tls-files': exitCodes.badInput,
  'sip.port-taken': exitCodes.badInput,
  'sip.name-unanswered': exitCodes.unreachable,
  'platform.unreachable': exitCodes.unreachable,
  'platform.rate-limited': exitCodes.unreachable,
  'dns.unreachable': exitCodes.unreachable,
  'store.unavailable': exitCodes.unreachable,
  'http.server-unreachable': exitCodes.unreachable,
}

/** The exit code of a command that ended in an error. */
export function exitCodeOf(thrown: unknown): ExitCode {
  if (!(thrown instanceof ChangeoverError)) return exitCodes.noGo
  return byCode[thrown.code] ?? exitCodes.noGo
}

/** Of a command that has seen a run to its end. */
export function exitOfOutcome(outcome: Outcome | undefined): ExitCode {
  return outcome === 'done' ? exitCodes.go : exitCodes.noGo
}
