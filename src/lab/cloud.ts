import type { EpochMs } from '../kernel/units.ts'

/** What the world asks of the simulated target platform when a call touches it. The API shows the same state to the product. */
export interface SimulatedCloud {
  /** What the platform does with an INVITE for a number: its trunk may be off, the number bound to nothing. */
  admit(dnis: string): CloudAdmission
  /** Agents of a queue who may be offered a call now: licensed, registered, joined, on queue, not busy. In the order to offer. */
  routableAgents(queue: string): readonly string[]
  /** Agent names of the plan who are routable in any queue at this platform (promise 7). */
  routableAnywhere(): readonly string[]
  /** The world tells what happens to a call here, so that statistics, conversations and presence show it. */
  record(event: CloudCallEvent): void
}

export type CloudAdmission =
  | { readonly kind: 'rejected'; readonly status: number; readonly reason: string }
  /** `share` absent: the flow has no row for this site and keeps every call. */
  | {
      readonly kind: 'flow'
      readonly site: string
      readonly queue: string
      readonly share?: { readonly boundary: number; readonly salt: string }
    }

export type CloudCallEvent =
  | {
      readonly kind: 'offered'
      readonly call: string
      readonly sipCallId: string
      readonly from: string
      readonly dnis: string
      readonly at: EpochMs
    }
  | { readonly kind: 'returned'; readonly call: string; readonly at: EpochMs }
  | { readonly kind: 'queued'; readonly call: string; readonly queue: string; readonly at: EpochMs }
  | {
      readonly kind: 'answered'
      readonly call: string
      readonly agent: string
      readonly at: EpochMs
    }
  | {
      readonly kind: 'ended'
      readonly call: string
      readonly at: EpochMs
      readonly how: 'completed' | 'abandoned' | 'failed' | 'test'
    }
