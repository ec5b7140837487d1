import { createRandom } from '../kernel/random.ts'
import { epochMs } from '../kernel/units.ts'
import type { VirtualTime } from '../kernel/virtual-clock.ts'
import { createStaff, type Phones, type Staff } from './agents.ts'
import type { Outcome } from './call-entry.ts'
import { startCallers } from './caller.ts'
import { type InviteAnswer, type LookUp, orderTargets, placeCall } from './carrier.ts'
import type { SimulatedCloud } from './cloud.ts'
import { type Crm, createCrm } from './crm.ts'
import type { Estate, OfferedCall, Side } from './estate.ts'
import type { Faults } from './faults.ts'
import { createInterconnect, type Interconnect } from './interconnect.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createPlatforms, type Platforms } from './platforms.ts'
import { createSbc, type Sbc } from './sbc.ts'
import type { TestCall, TestCallAnswer } from './test-call.ts'

export interface WorldOptions {
  readonly estate: Estate
  readonly time: VirtualTime
  /** Same seed, same calls. */
  readonly seed: number
  readonly cloud: SimulatedCloud & Phones
  /** By the name that `estate.carriers` use. */
  readonly lookUps: Readonly<Record<string, LookUp>>
  readonly faults: Faults
  /** Told of every call when it is offered: the front places a sample of them as real SIP calls. */
  readonly onOffered?: (call: OfferedCall) => void
}

/** Both platforms, the people and the callers, in one virtual time. */
export interface World {
  readonly ledger: Ledger
  readonly staff: Staff
  readonly sbc: Sbc
  readonly crm: Crm
  readonly interconnect: Interconnect
  /** Lets callers come, from now on; returns what stops new ones. Calls that are up go on. */
  open(): () => void
  /** One call, as if its caller had dialled now. */
  offer(call: OfferedCall): void
  /** What a gateway does with a call that is not a caller's: a probe of the product. Not in the ledger. */
  answerTestCall(side: Side, call: TestCall): TestCallAnswer
  /** What a gateway makes of an OPTIONS: a fault's answer, or undefined when it is well. */
  probe(side: Side): InviteAnswer | undefined
  /** Looks again: somebody changed a platform from outside. Promise 7 is checked. */
  noticeChange(): void
  /** Look-ups that have not come back; time must not move on until they have. */
  pending(): number
}

export function createWorld(options: WorldOptions): World {
  const { estate, time, seed, cloud, faults } = options
  const ledger = createLedger(() => time.now())
  const sbc = createSbc(estate.sites, time)
  const crm = createCrm()
  const noticed = { change: () => {} }
  const staff = seatStaff(options, () => noticed.change())
  const interconnect = createInterconnect(estate.interconnect.maxSessions)
  const platforms = createPlatforms({
    estate,
    time,
    staff,
    sbc,
    interconnect,
    cloud,
    faults,
    ledger,
    finish,
  })
  const checkAgents = createAgentCheck(staff, cloud, ledger)
  noticed.change = () => {
    platforms.serve()
    checkAgents()
  }

  function finish(call: OfferedCall, outcome: Outcome, side: Side): void {
    sbc.close(call)
    interconnect.free(call)
    ledger.settle(call, outcome)
    if (outcome !== 'completed') return
    const kept = platforms.keptShare(call.site)
    const succeeds = side === 'pbx' || !faults.doesCrmFail(call.site, kept)
    crm.upsert(call.site, { at: time.now(), side, succeeds })
    ledger.markCrm(call, succeeds ? 'written' : 'failed')
  }

  const { offer, pending } = createOffering(options, { ledger, platforms, checkAgents })
  return {
    ledger,
    staff,
    sbc,
    crm,
    interconnect,
    open() {
      const stops = estate.sites.map((site, index) =>
        startCallers(site, { estate, time, seed: seed + 100 + index }, offer),
      )
      return () => {
        for (const stop of stops) stop()
      }
    },
    offer,
    answerTestCall: platforms.answerTestCall,
    probe: faults.sipAt,
    noticeChange: () => noticed.change(),
    pending,
  }
}

function seatStaff({ estate, time, seed, cloud }: WorldOptions, changed: () => void): Staff {
  return createStaff(
    estate.sites.flatMap(({ agents }) => agents),
    { time, seed: seed + 1, signOn: estate.habits.signOn, phones: cloud, changed },
  )
}

interface Offering {
  readonly ledger: Ledger
  readonly platforms: Platforms
  readonly checkAgents: () => void
}

/** From the caller's dialling to a platform that takes the call, or none. */
function createOffering(
  { estate, time, seed, lookUps, onOffered }: WorldOptions,
  { ledger, platforms, checkAgents }: Offering,
) {
  const random = createRandom(seed + 2)
  const siteById = new Map(estate.sites.map((site) => [site.id, site]))
  const carrierByName = new Map(estate.carriers.map((carrier) => [carrier.name, carrier]))
  let pending = 0

  const around = {
    invite: platforms.invite,
    waitOut: (then: () => void) => {
      time.schedule(epochMs(time.now() + estate.habits.carrierPatience), then)
    },
    attempted: ledger.attempt,
    failed: (call: OfferedCall) => ledger.settle(call, 'failed'),
  }
  const place = (call: OfferedCall, records: Parameters<typeof orderTargets>[0]) =>
    placeCall(call, orderTargets(records, estate.gateways, random), around)

  const offer = (call: OfferedCall) => {
    ledger.offer(call)
    checkAgents()
    onOffered?.(call)
    const site = siteById.get(call.site)
    const lookUp = lookUps[carrierByName.get(call.carrier)?.resolver ?? '']
    const found = site === undefined ? [] : (lookUp?.(site.record.name, site.record.type) ?? [])
    if (!(found instanceof Promise)) {
      place(call, found)
      return
    }
    pending += 1
    found
      .catch(() => [])
      .then((records) => place(call, records))
      .finally(() => {
        pending -= 1
      })
  }
  return { offer, pending: () => pending }
}

/** Promise 7, as the world sees it: one sentence per agent and occurrence. */
function createAgentCheck(staff: Staff, cloud: SimulatedCloud, ledger: Ledger): () => void {
  let known = new Set<string>()
  return () => {
    const there = cloud.routableAnywhere()
    if (there.length === 0 && known.size === 0) return
    const here = new Set(staff.routableAtPbx())
    const onBoth = there.filter((user) => here.has(user))
    for (const user of onBoth) {
      if (!known.has(user)) ledger.violate(`${user} is routable on both platforms (promise 7)`)
    }
    known = new Set(onBoth)
  }
}
