import type { SipProbe } from '../features/call-tests/index.ts'
import type { Dns } from '../features/dns-control/index.ts'
import type { Plan } from '../features/plan/index.ts'
import type { ConsolePlace, Crm, Need, Platforms } from '../features/platform/index.ts'
import type { WaveNeed } from '../features/waves/index.ts'
import type { WorldClock } from '../kernel/clock.ts'
import { errorFacts } from '../kernel/errors.ts'
import type { PlatformId } from '../kernel/ids.ts'
import { type Milliseconds, ms } from '../kernel/units.ts'
import type { Durability } from '../store/index.ts'

/** Clocks that differ by more put records of one call into the wrong order (P1.3). */
export const usualClockTolerance = ms(2000)

/** One row of the preflight table: what a run will need, and whether it is there (P1.1–P1.3). */
export interface PreflightRow extends WaveNeed {
  readonly area: string
  /** Of a row that can't be known: by what name the plan attests it. */
  readonly attestAs?: string
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
  /** The usual one, or in a lab, whose clock runs fast and is followed from afar, a longer one. */
  readonly clockTolerance: Milliseconds
  /** How the own database keeps commits when it fails over; not asked where it is absent. */
  readonly durability?: () => Promise<Durability>
  readonly signal: AbortSignal
}

/** What was refused is missing; what failed to answer is unreachable, and no person's word replaces it. Never a pass. */
export async function ask(
  area: string,
  what: string,
  question: () => Promise<readonly Need[]>,
): Promise<readonly PreflightRow[]> {
  try {
    return (await question()).map((need) => ({ area, ...need }))
  } catch (thrown) {
    const { remedy, code, message } = errorFacts(thrown)
    const seeAlso = `docs/errors.md#${code}`
    if (remedy === 'operator')
      return [{ area, what, state: 'missing', because: `${code}: ${message}`, todo: seeAlso }]
    const todo =
      remedy === 'bug'
        ? seeAlso
        : `see that it answers from this machine, then preflight again; ${seeAlso}`
    return [{ area, what, state: 'unreachable', because: message, todo }]
  }
}

/** The first five of many, and how many more there are. */
export function fewOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown
}

/** Where a person goes for it: the vendor's own menu, or the platform's name. */
export function placeOf({ ports }: PreflightParts, platform: PlatformId, place: ConsolePlace) {
  return ports.platforms.get(platform).console?.[place] ?? `at ${platform}`
}
