import type { AuthorityStore } from '../authority/index.ts'
import type { SipProbe } from '../call-tests/index.ts'
import type { Dns } from '../dns-control/index.ts'
import type { Metrics, Triggers } from '../gates/index.ts'
import type { Crm, Need, Platforms } from '../platform/index.ts'

/** A need of a wave; one that nothing can be asked for, and that a person has attested in the plan, counts as had. */
export interface WaveNeed extends Omit<Need, 'state'> {
  readonly state: Need['state'] | 'attested'
}

/** Asks for everything that a wave will need, before it begins (P1.1 to P1.3). Changes nothing. */
export interface Preflight {
  run(wave: string, signal: AbortSignal): Promise<readonly WaveNeed[]>
}

/** All that the steps of a wave are given: one object, made by `app`. */
export interface WavePorts {
  readonly dns: Dns
  readonly platforms: Platforms
  readonly authority: AuthorityStore
  readonly sip: SipProbe
  readonly crm?: Crm
  readonly metrics: Metrics
  readonly triggers: Triggers
  readonly preflight: Preflight
}
