import type { SipProbe } from '../features/call-tests/index.ts'
import type { Dns } from '../features/dns-control/index.ts'
import type { Plan } from '../features/plan/index.ts'
import type { Crm, Need, Platforms } from '../features/platform/index.ts'
import type { WorldClock } from '../kernel/clock.ts'
import { errorFacts } from '../kernel/errors.ts'
import type { Milliseconds } from '../kernel/units.ts'

/** One row of the preflight table: what a run will need, and whether it is there (P1.1–P1.3). */
export interface PreflightRow extends Need {
  readonly area: string
}

export interface PreflightPorts {
  readonly platforms: Platforms
  readonly dns: Dns
  readonly sip: SipProbe
  readonly crm?: Crm
}

export interface PreflightParts {
  readonly plan: Plan
  readonly ports: PreflightPorts
  readonly clock: WorldClock
  /** Clocks that differ by more than this put records of one call into the wrong order (P1.3). */
  readonly clockTolerance: Milliseconds
  readonly signal: AbortSignal
}

/** What could not be asked is unknown; what was refused is missing. Never a pass. */
export async function ask(
  area: string,
  what: string,
  question: () => Promise<readonly Need[]>,
): Promise<readonly PreflightRow[]> {
  try {
    return (await question()).map((need) => ({ area, ...need }))
  } catch (thrown) {
    const { remedy, code, message } = errorFacts(thrown)
    const state = remedy === 'operator' ? 'missing' : 'unknown'
    return [{ area, what, state, because: `${code}: ${message}` }]
  }
}
