import type { VirtualTime } from '../kernel/virtual-clock.ts'
import type { InviteAnswer } from './carrier.ts'
import type { SimulatedCloud } from './cloud.ts'
import type { Estate, Side } from './estate.ts'
import type { Faults } from './faults.ts'
import type { Interconnect } from './interconnect.ts'
import type { Sbc } from './sbc.ts'
import type { ShareAdmission } from './share-admission.ts'

/** A probe's call: who calls which number, under which SIP Call-ID. */
export interface TestCall {
  readonly sipCallId: string
  readonly caller: string
  readonly dnis: string
}

/** `side` is who answered in the end: a target that returns the call is answered by the source. */
export type TestCallAnswer =
  | { readonly kind: 'answered'; readonly side: Side; readonly hangUp: () => void }
  | { readonly kind: 'rejected'; readonly status: number; readonly reason: string }
  | { readonly kind: 'silent' }

export interface TestSurroundings {
  readonly estate: Estate
  readonly time: VirtualTime
  readonly sbc: Sbc
  readonly interconnect: Interconnect
  readonly cloud: SimulatedCloud
  readonly faults: Faults
  readonly admit: (call: TestCall) => ShareAdmission
}

/** A test call goes the way of a caller's, but meets no queue: the flow, or the PBX itself, answers it. */
export function answerTestCall(
  side: Side,
  call: TestCall,
  around: TestSurroundings,
): TestCallAnswer {
  const fault = around.faults.sipAt(side)
  if (fault !== undefined && fault.kind !== 'taken') return fault
  return side === 'pbx' ? testPbx(call, around) : testCloud(call, around)
}

function testPbx(call: TestCall, { estate, sbc }: TestSurroundings): TestCallAnswer {
  const site = estate.sites.find(({ numbers }) => numbers.some(({ dnis }) => dnis === call.dnis))
  if (site === undefined) return { kind: 'rejected', status: 404, reason: 'Not Found' }
  if (sbc.select(site.id) === undefined) {
    return { kind: 'rejected', status: 503, reason: 'No destination available' }
  }
  return { kind: 'answered', side: 'pbx', hangUp: () => {} }
}

function testCloud(call: TestCall, around: TestSurroundings): TestCallAnswer {
  const { cloud, time, faults } = around
  const admission = around.admit(call)
  if (admission.kind === 'rejected') return admission
  const { sipCallId, caller: from, dnis } = call
  if (faults.isBlackHole({ testCall: sipCallId })) return { kind: 'silent' }
  cloud.record({ kind: 'offered', call: sipCallId, sipCallId, from, dnis, at: time.now() })
  const end = () => cloud.record({ kind: 'ended', call: sipCallId, at: time.now(), how: 'test' })
  if (admission.isKept) return { kind: 'answered', side: 'genesys-cloud', hangUp: end }
  const there = returnTestCall(call, around)
  if (there.kind === 'answered') return { ...there, hangUp: end }
  end()
  return there.kind === 'taken' ? { kind: 'silent' } : there
}

function returnTestCall(call: TestCall, around: TestSurroundings): TestCallAnswer | InviteAnswer {
  const { cloud, time, faults, interconnect } = around
  if (interconnect.isFull()) return { kind: 'rejected', status: 503, reason: 'Interconnect full' }
  cloud.record({ kind: 'returned', call: call.sipCallId, at: time.now() })
  return faults.sipAt('pbx') ?? testPbx(call, around)
}
