import type { VirtualTime } from '../kernel/virtual-clock.ts'
import type { SimulatedCloud } from './cloud.ts'
import type { Estate, Side } from './estate.ts'
import type { Faults } from './faults.ts'
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
  const { cloud, time } = around
  const admission = around.admit(call)
  if (admission.kind === 'rejected') return admission
  if (around.faults.isBlackHole(call.caller)) return { kind: 'silent' }
  const { sipCallId, caller: from, dnis } = call
  cloud.record({ kind: 'offered', call: sipCallId, sipCallId, from, dnis, at: time.now() })
  const end = () => cloud.record({ kind: 'ended', call: sipCallId, at: time.now(), how: 'test' })
  if (admission.isKept) return { kind: 'answered', side: 'genesys-cloud', hangUp: end }
  cloud.record({ kind: 'returned', call: sipCallId, at: time.now() })
  const there = around.faults.sipAt('pbx') ?? testPbx(call, around)
  if (there.kind === 'answered') return { ...there, hangUp: end }
  end()
  return there.kind === 'taken' ? { kind: 'silent' } : there
}
