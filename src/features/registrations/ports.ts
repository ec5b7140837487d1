import type { Milliseconds } from '../../kernel/units.ts'
import type {
  ExchangePart as RequestPart,
  UnprovedReason,
} from '../../protocols/sip/authenticated-request.ts'

export type { ExchangePart as RequestPart } from '../../protocols/sip/authenticated-request.ts'

/** A request that has left; says how it ended. */
export interface SentRequest {
  /** @param status of the final answer; undefined when there was none */
  ended(status: number | undefined): void
}

/** Whom a registrar asks before each request, and tells what became of it. */
export interface RequestMeter {
  /** Resolves when the request may leave; rejects when nothing is to leave any more. */
  permit(part: RequestPart): Promise<SentRequest>
  /** A request that had its permit was repeated by its transaction. */
  repeated(): void
}

/** Who is to be registered. */
export interface RegisteringAgent {
  /** `sip:1001@acme.example`. */
  readonly address: string
  /** Absent where the registrar asks for no proof. */
  readonly credentials?: { readonly username: string; readonly password: string }
}

export type RegisterOutcome =
  /** Our Contact is bound; 0 when it was taken back. */
  | { readonly kind: 'registered'; readonly granted: Milliseconds }
  /** 2xx, and our Contact is not among those that it says are bound. */
  | { readonly kind: 'unbound' }
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly reason: string
      readonly retryAfter?: Milliseconds
      readonly minExpires?: Milliseconds
    }
  | { readonly kind: 'unproved'; readonly because: UnprovedReason }
  | { readonly kind: 'silent'; readonly because: string }

/** Registers agents, one exchange each; answers are values. Rejects only as `permit` does. */
export interface Registrar {
  /** @param request `expires` 0 takes the registration back */
  register(
    agent: RegisteringAgent,
    request: { readonly expires: Milliseconds; readonly meter: RequestMeter },
  ): Promise<RegisterOutcome>
}
