import { type EpochMs, epochMs, ms } from '../kernel/units.ts'
import type { VirtualTime } from '../kernel/virtual-clock.ts'
import type { EstateSite, OfferedCall } from './estate.ts'

/** Dispatcher states of Kamailio: active, inactive, disabled, trying. */
export const destinationStates = ['A', 'I', 'D', 'T'] as const
export type DestinationState = (typeof destinationStates)[number]

export interface Destination {
  readonly set: number
  readonly uri: string
  state: DestinationState
  /** Probed with OPTIONS; an inactive one becomes active again by itself. */
  probing: boolean
}

export interface Dialog {
  readonly id: number
  readonly call: OfferedCall
  readonly startedAt: EpochMs
  /** URI where the call was sent. */
  callee: string
}

/** The SBC in front of the PBX: a dispatcher that can be told to stop, and the dialogs that are up. */
export interface Sbc {
  readonly destinations: readonly Destination[]
  /** Destination for a new call of this site; undefined when none is active (then 503). */
  select(site: string): Destination | undefined
  setState(set: number, uri: string, state: DestinationState, probing: boolean): boolean
  /** Back to the file: everything that was set at run time is gone. False while another reload goes on. */
  reload(): boolean
  open(call: OfferedCall, callee: string): void
  /** The call goes on to somewhere else: the dialog stays up, its callee is another. */
  divert(call: OfferedCall, callee: string): void
  close(call: OfferedCall): void
  dialogs(): Iterable<Dialog>
}

/** Kamailio answers "Ongoing reload" for some seconds after one. */
const reloadTime = ms(5000)
/** `ds_ping_interval` of the model. */
const probeInterval = ms(10_000)

export function createSbc(sites: readonly EstateSite[], time: VirtualTime): Sbc {
  const destinations = sites.map(
    ({ dispatcherSet, destination }): Destination => ({
      set: dispatcherSet,
      uri: destination,
      state: 'A',
      probing: true,
    }),
  )
  const setOf = new Map(sites.map(({ id, dispatcherSet }) => [id, dispatcherSet]))
  const dialogs = new Map<string, Dialog>()
  let reloadedUntil = Number.NEGATIVE_INFINITY
  let opened = 0

  return {
    destinations,
    select(site) {
      const set = setOf.get(site)
      return destinations.find((one) => one.set === set && (one.state === 'A' || one.state === 'T'))
    },
    setState(set, uri, state, probing) {
      const destination = destinations.find((one) => one.set === set && one.uri === uri)
      if (destination === undefined) return false
      destination.state = state
      // Kamailio reads `dp` back as DX: a disabled destination is not probed (contract, 4.7).
      destination.probing = probing && state !== 'D'
      if (state === 'I' && probing) healLater(destination, time)
      return true
    },
    reload() {
      if (time.now() < reloadedUntil) return false
      reloadedUntil = time.now() + reloadTime
      for (const destination of destinations) {
        destination.state = 'A'
        destination.probing = true
      }
      return true
    },
    open(call, callee) {
      opened += 1
      dialogs.set(call.id, { id: opened, call, startedAt: time.now(), callee })
    },
    divert(call, callee) {
      const dialog = dialogs.get(call.id)
      if (dialog !== undefined) dialog.callee = callee
    },
    close: (call) => {
      dialogs.delete(call.id)
    },
    dialogs: () => dialogs.values(),
  }
}

/** A probe that succeeds makes an inactive destination active: inactive is no fence (D12). */
function healLater(destination: Destination, time: VirtualTime): void {
  time.schedule(epochMs(time.now() + probeInterval), () => {
    if (destination.state === 'I' && destination.probing) destination.state = 'A'
  })
}
