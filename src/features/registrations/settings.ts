import { type Milliseconds, ms } from '../../kernel/units.ts'

/** When the registrar is too slow or refuses too much, and what is done about it. */
export interface AdaptSettings {
  /** How far back answers are looked at. */
  readonly window: Milliseconds
  /** 90 % of answers must be quicker. */
  readonly slowOver: Milliseconds
  /** Share (0 to 1) of requests that may end in 408, 503 or nothing. */
  readonly refusedOver: number
}

export interface BackoffSettings {
  readonly base: Milliseconds
  readonly cap: Milliseconds
}

export interface RegistrationSettings {
  /** REGISTER a second for the whole estate, digest round trips and repetitions counted (D13). */
  readonly rate: number
  /** What is asked for, and a little less: see `askedExpiry`. */
  readonly expires: Milliseconds
  /** Each agent waits this long before its first REGISTER, by chance between the two; the budget may spread them further. */
  readonly stagger: { readonly from: Milliseconds; readonly to: Milliseconds }
  readonly backoff: BackoffSettings
  readonly adapt: AdaptSettings
}

/**
 * The guide's stagger and expiry; the budget is what one Kamailio worker takes without a queue.
 *
 * Slower than 500 ms is where phones on UDP begin to repeat themselves (T1, RFC 3261 §17.1.2.2), and a slow registrar
 * gets twice the load.
 */
export const guideRegistration: RegistrationSettings = {
  rate: 200,
  expires: ms(3_600_000),
  stagger: { from: ms(2000), to: ms(5000) },
  backoff: { base: ms(2000), cap: ms(300_000) },
  adapt: { window: ms(5000), slowOver: ms(500), refusedOver: 0.05 },
}
