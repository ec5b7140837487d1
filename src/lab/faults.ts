import { shareBucket, shareBuckets } from '../kernel/share-bucket.ts'
import type { EpochMs, Milliseconds } from '../kernel/units.ts'
import type { InviteAnswer } from './carrier.ts'
import type { Side } from './estate.ts'
import { type Fault, parseFault } from './fault-script.ts'

/** When a fault is in force; absent bounds are open. */
export interface FaultWindow {
  readonly from?: EpochMs
  readonly to?: EpochMs
}

/** The accidents of one world: what is in force now, asked by whoever has to suffer it. */
export interface Faults {
  /** By text (`black-hole:0.1`) or as data. Returns what ends it. */
  arm(fault: string | Fault, window?: FaultWindow): () => void
  armed(): readonly Fault[]
  /** Whether this caller, or this test call (by its Call-ID), meets nobody at the target. */
  isBlackHole(who: { readonly caller: string } | { readonly testCall: string }): boolean
  /** @param keptShare 0 to 1, of the site's callers that the target keeps now */
  doesCrmFail(site: string, keptShare: number): boolean
  /** What a gateway does instead of its work; undefined when it works. */
  sipAt(side: Side): InviteAnswer | undefined
  /** How late a gateway answers a call that it takes. Wire time. */
  sipLate(side: Side): Milliseconds | undefined
  rpc(): { readonly slowBy?: Milliseconds; readonly error?: string }
  dnsLag(): Milliseconds | undefined
}

export function createFaults(now: () => EpochMs): Faults {
  const armed = new Set<{ readonly fault: Fault; readonly window: FaultWindow }>()
  const inForce = () =>
    [...armed]
      .filter(({ window: { from, to } }) => (from ?? now()) <= now() && (to ?? now() + 1) > now())
      .map(({ fault }) => fault)
  const find = <Kind extends Fault['kind']>(kind: Kind) =>
    inForce().filter((fault): fault is Extract<Fault, { kind: Kind }> => fault.kind === kind)

  return {
    arm(fault, window = {}) {
      const entry = { fault: typeof fault === 'string' ? parseFault(fault) : fault, window }
      armed.add(entry)
      return () => armed.delete(entry)
    },
    armed: inForce,
    isBlackHole(who) {
      if (armed.size === 0) return false
      const isTest = 'testCall' in who
      const drawn = shareBucket(isTest ? who.testCall : who.caller, 'black-hole')
      return find('black-hole').some(
        ({ share, sparesTests }) => !(isTest && sparesTests) && drawn < share * shareBuckets,
      )
    },
    doesCrmFail: (site, keptShare) =>
      armed.size > 0 &&
      find('crm-failing').some((fault) => fault.site === site && keptShare >= fault.fromShare),
    sipAt(side) {
      if (armed.size === 0) return undefined
      if (find('sip-silence').some((fault) => fault.side === side)) return { kind: 'silent' }
      const reject = find('sip-reject').find((fault) => fault.side === side)
      if (reject === undefined) return undefined
      const reason = reject.status === 408 ? 'Request Timeout' : 'Service Unavailable'
      return { kind: 'rejected', status: reject.status, reason }
    },
    sipLate: (side) => find('sip-late').find((fault) => fault.side === side)?.by,
    rpc() {
      const slow = find('sbc-slow')[0]
      const error = rpcError(find('sbc-error').length > 0, find('sbc-reloading').length > 0)
      return {
        ...(slow === undefined ? {} : { slowBy: slow.by }),
        ...(error === undefined ? {} : { error }),
      }
    },
    dnsLag: () => find('dns-lag')[0]?.by,
  }
}

function rpcError(isBroken: boolean, isReloading: boolean): string | undefined {
  if (isBroken) return 'Internal error'
  return isReloading ? 'Ongoing reload' : undefined
}
