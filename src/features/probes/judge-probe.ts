import { type Milliseconds, ms } from '../../kernel/units.ts'
import type { OptionsAnswer } from '../call-tests/index.ts'

/** What one check says of a gateway (F1.1). */
export type ProbeLevel = 'up' | 'degraded' | 'down'

export interface ProbeLimits {
  /** A round trip above this is degraded; the guide's 150 ms. */
  readonly degradedOver: Milliseconds
  /** Answers that prove the gateway takes signalling: a status, or a class such as `2xx`. */
  readonly alive: readonly string[]
}

export const guideLimits: ProbeLimits = { degradedOver: ms(150), alive: ['2xx'] }

export interface ProbeVerdict {
  readonly level: ProbeLevel
  readonly because: string
}

/** Silence is down, and so is an answer that proves nothing: a 403 says that somebody is there, not that a call gets in. */
export function judgeProbe(
  answer: OptionsAnswer,
  { degradedOver, alive }: ProbeLimits,
): ProbeVerdict {
  if (answer.kind === 'silent') return { level: 'down', because: answer.because }
  const { status, reason, roundTrip } = answer
  const said = `${status} ${reason}`.trimEnd()
  if (!isAlive(status, alive)) return { level: 'down', because: said }
  if (roundTrip <= degradedOver) return { level: 'up', because: said }
  return { level: 'degraded', because: `${said}, slower than ${degradedOver} ms` }
}

function isAlive(status: number, alive: readonly string[]): boolean {
  return alive.includes(String(status)) || alive.includes(`${Math.floor(status / 100)}xx`)
}
