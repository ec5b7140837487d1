import type { EpochMs, Milliseconds } from '../kernel/units.ts'

/** The two platforms, by the names their SIP answers carry. */
export const sides = ['pbx', 'genesys-cloud'] as const
export type Side = (typeof sides)[number]

/** Everything that is there before anything happens: data only. */
export interface Estate {
  readonly zone: string
  readonly sites: readonly EstateSite[]
  readonly gateways: Readonly<Record<Side, GatewayAddress>>
  readonly carriers: readonly CarrierShare[]
  readonly habits: CallHabits
  /** What one platform gives to the other goes over it, of all sites together. */
  readonly interconnect: { readonly maxSessions: number }
}

/** Where a platform takes calls: an SRV target's name, or an address record's value. */
export interface GatewayAddress {
  readonly host: string
  readonly address: string
  readonly port: number
}

/** Carriers resolve site records through one resolver each, and carry a share (0 to 1) of the callers. */
export interface CarrierShare {
  readonly name: string
  readonly resolver: string
  readonly share: number
}

export interface EstateSite {
  readonly id: string
  readonly record: { readonly name: string; readonly type: 'SRV' | 'CNAME' | 'A' | 'AAAA' }
  readonly numbers: readonly { readonly dnis: string; readonly pbxQueue: string }[]
  readonly agents: readonly EstateAgent[]
  /** Number of the SBC's dispatcher set, and the destination in it. */
  readonly dispatcherSet: number
  readonly destination: string
  readonly callsPerHour: (at: EpochMs) => number
  /** Upper bound of `callsPerHour`, for thinning. */
  readonly peakPerHour: number
  /** First digits of its callers' numbers, E.164; four digits follow. */
  readonly callerPrefix: string
}

export interface EstateAgent {
  readonly extension: string
  /** The name at the target platform. */
  readonly user: string
  /** Queues at the PBX. */
  readonly queues: readonly string[]
}

export interface CallHabits {
  readonly meanTalk: Milliseconds
  /** How long a caller waits for an agent at most: exponential about this mean. */
  readonly meanPatience: Milliseconds
  /** Who hangs up sooner is a short abandon. */
  readonly shortAbandon: Milliseconds
  /** An agent needs this long, give or take half, to change desks from one platform to the other. */
  readonly signOn: Milliseconds
  /** How long a carrier waits for the first answer of a gateway before it takes the next. */
  readonly carrierPatience: Milliseconds
}

/** A call as its caller makes it; what becomes of it is in the ledger. */
export interface OfferedCall {
  readonly id: string
  readonly sipCallId: string
  /** E.164. */
  readonly caller: string
  readonly dnis: string
  readonly site: string
  readonly carrier: string
  readonly at: EpochMs
  /** Drawn with the call, so that the way it takes changes no other call. */
  readonly talk: Milliseconds
  readonly patience: Milliseconds
}
