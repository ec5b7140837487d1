import type { ProbeLevel } from './judge-probe.ts'

/** What many checks say of a gateway; `unknown` until there are enough. */
export type Health = ProbeLevel | 'unknown'

/** How many checks in a row change a health (G3.1: 3 and 2). */
export interface HealthThresholds {
  /** For the worse. */
  readonly failures: number
  /** For the better. */
  readonly recoveries: number
}

export const guideThresholds: HealthThresholds = { failures: 3, recoveries: 2 }

export interface HealthState {
  readonly health: Health
  /** The latest checks, newest last. */
  readonly recent: readonly ProbeLevel[]
  /** It goes down and comes back too often for its health to mean much (H1.2). */
  readonly flapping: boolean
}

export const noHealth: HealthState = { health: 'unknown', recent: [], flapping: false }

/** As far back as flapping is looked for, and how many changes there are one. */
const remembered = 20
const mostChanges = 4

const badness = { up: 0, degraded: 1, down: 2 } as const
const byBadness = ['up', 'degraded', 'down'] as const

/**
 * The health after one more check.
 *
 * It gets worse to what the last `failures` checks are at least, and better to what the last `recoveries` are at
 * most; a health that is not known yet is taken from whichever is reached first.
 */
export function nextHealth(
  state: HealthState,
  level: ProbeLevel,
  { failures, recoveries }: HealthThresholds,
): HealthState {
  const recent = [...state.recent, level].slice(-Math.max(remembered, failures, recoveries))
  const worse = bound(recent, failures, Math.min)
  const better = bound(recent, recoveries, Math.max)
  return { health: healthAfter(state.health, worse, better), recent, flapping: isFlapping(recent) }
}

/** The least or greatest badness of the last `count` checks; undefined while there are fewer. */
function bound(
  recent: readonly ProbeLevel[],
  count: number,
  pick: (...values: number[]) => number,
): number | undefined {
  if (recent.length < count) return undefined
  return pick(...recent.slice(-count).map((level) => badness[level]))
}

function healthAfter(
  health: Health,
  worse: number | undefined,
  better: number | undefined,
): Health {
  const was = health === 'unknown' ? undefined : badness[health]
  if (worse !== undefined && worse > (was ?? 0)) return byBadness[worse] ?? health
  if (better !== undefined && better < (was ?? badness.down)) return byBadness[better] ?? health
  return health
}

function isFlapping(recent: readonly ProbeLevel[]): boolean {
  const last = recent.slice(-remembered)
  const changes = last.filter(
    (level, index) => index > 0 && (level === 'down') !== (last[index - 1] === 'down'),
  )
  return changes.length >= mostChanges
}
