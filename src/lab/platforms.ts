import { epochMs, ms } from '../kernel/units.ts'
import type { VirtualTime } from '../kernel/virtual-clock.ts'
import type { Staff } from './agents.ts'
import type { Outcome } from './call-entry.ts'
import type { InviteAnswer } from './carrier.ts'
import type { SimulatedCloud } from './cloud.ts'
import type { Estate, OfferedCall, Side } from './estate.ts'
import type { Faults } from './faults.ts'
import { createFloor, type Floor } from './floor.ts'
import type { Interconnect } from './interconnect.ts'
import type { Ledger } from './ledger.ts'
import type { Sbc } from './sbc.ts'
import { admitByShare, type ShareAdmission } from './share-admission.ts'
import { answerTestCall, type TestCall, type TestCallAnswer } from './test-call.ts'

export interface PlatformSurroundings {
  readonly estate: Estate
  readonly time: VirtualTime
  readonly staff: Staff
  readonly sbc: Sbc
  readonly interconnect: Interconnect
  readonly cloud: SimulatedCloud
  readonly faults: Faults
  readonly ledger: Ledger
  /** The call is over, on this side. */
  readonly finish: (call: OfferedCall, outcome: Outcome, side: Side) => void
}

/** Both platforms behind their gateways, and the interconnect between them. */
export interface Platforms {
  invite(call: OfferedCall, side: Side): InviteAnswer
  answerTestCall(side: Side, call: TestCall): TestCallAnswer
  /** Share (0 to 1) of a site's callers that the target's flow kept when it was last asked. */
  keptShare(site: string): number
  serve(): void
}

/** How often the target's queues are looked at while somebody waits: its API changes them without telling the world. */
const lookEvery = ms(1000)

/** What the target's edge answers itself when its trunk to the PBX has no session left. */
const noSession = '503 Interconnect full'

const unavailable: InviteAnswer = {
  kind: 'rejected',
  status: 503,
  reason: 'No destination available',
}

export function createPlatforms(around: PlatformSurroundings): Platforms {
  const { estate, faults, cloud } = around
  const kept = new Map<string, number>()
  const pbxQueues = estate.sites.flatMap(({ numbers }) => numbers)
  const board: Switchboard = {
    ...around,
    pbx: createPbxFloor(around),
    floor: createCloudFloor(around),
    pbxQueueOf: new Map(pbxQueues.map(({ dnis, pbxQueue }) => [dnis, pbxQueue])),
    admit(call) {
      const admission = admitByShare(cloud, call)
      if (admission.kind === 'flow') kept.set(admission.site, admission.keptShare)
      return admission
    },
  }

  return {
    invite: (call, side) =>
      faults.sipAt(side) ??
      (side === 'pbx' ? takeAtPbx(board, call, true) : takeAtCloud(board, call)),
    answerTestCall: (side, call) => answerTestCall(side, call, board),
    keptShare: (site) => kept.get(site) ?? 0,
    serve() {
      board.pbx.serve()
      board.floor.serve()
    },
  }
}

interface Switchboard extends PlatformSurroundings {
  readonly pbx: Floor
  readonly floor: Floor
  readonly pbxQueueOf: ReadonlyMap<string, string>
  readonly admit: (call: Pick<OfferedCall, 'dnis' | 'caller'>) => ShareAdmission
}

function takeAtPbx(board: Switchboard, call: OfferedCall, mayRedirect: boolean): InviteAnswer {
  const { sbc, ledger, staff, pbx } = board
  const destination = sbc.select(call.site)
  const queue = board.pbxQueueOf.get(call.dnis)
  if (destination === undefined || queue === undefined) return unavailable
  sbc.open(call, destination.uri)
  ledger.openLeg(call, 'pbx')
  // Hop limit 1 (D21): what came over the interconnect is never sent back over it.
  if (mayRedirect && !staff.hasMemberAtPbx(queue) && redirect(board, call)) return { kind: 'taken' }
  pbx.enqueue(call, queue)
  return { kind: 'taken' }
}

/** The source has nobody left for this queue: its vector sends the caller on to the target (D3). */
function redirect(board: Switchboard, call: OfferedCall): boolean {
  const admission = board.admit(call)
  if (admission.kind === 'rejected' || !board.interconnect.take(call)) return false
  board.ledger.markPassed(call, 'redirected')
  board.sbc.divert(call, `sip:${board.estate.gateways['genesys-cloud'].host}`)
  recordOffered(board, call)
  queueAtCloud(board, call, admission.queue)
  return true
}

function takeAtCloud(board: Switchboard, call: OfferedCall): InviteAnswer {
  const admission = board.admit(call)
  if (admission.kind === 'rejected') return admission
  if (board.faults.isBlackHole({ caller: call.caller })) {
    board.time.schedule(epochMs(board.time.now() + call.patience), () =>
      board.finish(call, 'black-holed', 'genesys-cloud'),
    )
    return { kind: 'taken' }
  }
  recordOffered(board, call)
  if (admission.isKept) queueAtCloud(board, call, admission.queue)
  else giveBack(board, call)
  return { kind: 'taken' }
}

function giveBack(board: Switchboard, call: OfferedCall): void {
  const { cloud, ledger, faults, interconnect, time } = board
  if (interconnect.take(call)) {
    cloud.record({ kind: 'returned', call: call.id, at: time.now() })
    ledger.markPassed(call, 'returned')
    if ((faults.sipAt('pbx') ?? takeAtPbx(board, call, false)).kind === 'taken') return
  } else {
    ledger.attempt(call, 'pbx', noSession)
  }
  cloud.record({ kind: 'ended', call: call.id, at: time.now(), how: 'failed' })
  board.finish(call, 'failed', 'genesys-cloud')
}

function recordOffered({ cloud, time, ledger }: Switchboard, call: OfferedCall): void {
  const { id, sipCallId, caller, dnis } = call
  cloud.record({ kind: 'offered', call: id, sipCallId, from: caller, dnis, at: time.now() })
  ledger.openLeg(call, 'genesys-cloud')
}

function queueAtCloud({ cloud, time, floor }: Switchboard, call: OfferedCall, queue: string): void {
  cloud.record({ kind: 'queued', call: call.id, queue, at: time.now() })
  floor.enqueue(call, queue)
}

function createPbxFloor({
  estate,
  time,
  staff,
  cloud,
  ledger,
  finish,
}: PlatformSurroundings): Floor {
  return createFloor({
    time,
    staff,
    shortAbandon: estate.habits.shortAbandon,
    candidates: staff.freeAtPbx,
    isStaffed: staff.hasMemberAtPbx,
    answered: ledger.markAnswered,
    ended(call, outcome) {
      // A returned call is still up at the target, which holds the leg to the caller; unknown ones it ignores.
      cloud.record({ kind: 'ended', call: call.id, at: time.now(), how: howEnded(outcome) })
      finish(call, outcome, 'pbx')
    },
  })
}

function createCloudFloor(around: PlatformSurroundings): Floor {
  const { estate, time, staff, cloud, ledger, finish } = around
  return createFloor({
    time,
    staff,
    shortAbandon: estate.habits.shortAbandon,
    candidates: (queue) => cloud.routableAgents(queue),
    isStaffed: (queue) => cloud.routableAgents(queue).length > 0,
    lookEvery,
    answered(call, agent) {
      cloud.record({ kind: 'answered', call: call.id, agent, at: time.now() })
      ledger.markAnswered(call, agent)
    },
    ended(call, outcome) {
      cloud.record({ kind: 'ended', call: call.id, at: time.now(), how: howEnded(outcome) })
      finish(call, outcome, 'genesys-cloud')
    },
  })
}

function howEnded(outcome: Outcome): 'completed' | 'abandoned' | 'failed' {
  if (outcome === 'completed' || outcome === 'failed') return outcome
  return 'abandoned'
}
