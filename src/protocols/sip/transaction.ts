import type { WireClock } from '../../kernel/clock.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import type { Milliseconds } from '../../kernel/units.ts'
import { formatMessage } from './format-message.ts'
import type { SipMessage, SipRequest, SipResponse } from './message.ts'
import { type SipTimers, startTimer } from './timers.ts'
import type { SipTransport } from './transport.ts'

/** RFC 3261's letters; L and M are RFC 6026's; `trying` is the 200 ms of §17.2.1. Timer C is a proxy's, so not here. */
export type TimerName =
  | ('A' | 'B' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M')
  | 'trying'

export interface TransactionConfig {
  readonly request: SipRequest
  /** Reliable transports don't retransmit and don't wait for stragglers. */
  readonly reliable: boolean
  readonly timers: SipTimers
}

export type TransactionEvent =
  | { readonly kind: 'received'; readonly message: SipMessage }
  /** The layer above answers (server machines). */
  | { readonly kind: 'respond'; readonly response: SipResponse }
  /** The layer above has decided to say nothing, ever (server machines), or waits no longer (INVITE client). */
  | { readonly kind: 'ignore' }
  | { readonly kind: 'timer'; readonly timer: TimerName }
  /** Nothing could be sent, or the connection broke on which the answer was to come. */
  | { readonly kind: 'transport-error'; readonly error?: unknown }

export type TransactionFailure = 'timeout' | 'transport-error'

export type Effect =
  | { readonly kind: 'send'; readonly message: SipMessage }
  /** Hand the message to the layer above. */
  | { readonly kind: 'deliver'; readonly message: SipMessage }
  /** A timer that runs already starts anew. */
  | { readonly kind: 'start'; readonly timer: TimerName; readonly after: Milliseconds }
  | { readonly kind: 'stop'; readonly timers: readonly TimerName[] }
  | { readonly kind: 'fail'; readonly because: TransactionFailure }

export interface Transition<State> {
  readonly state: State
  readonly effects: readonly Effect[]
}

/** One of the four machines of RFC 3261 §17: pure, so that every arrow of its drawing can be tried. */
export interface Machine<State extends { readonly kind: string }> {
  begin(config: TransactionConfig): Transition<State>
  next(state: State, event: TransactionEvent, config: TransactionConfig): Transition<State>
}

export interface TransactionPorts {
  readonly transport: SipTransport
  readonly clock: WireClock
  readonly timers: SipTimers
}

export interface TransactionListener {
  onMessage(message: SipMessage): void
  onFailed(because: TransactionFailure, error: unknown): void
  onTerminated(): void
}

export interface Transaction {
  readonly request: SipRequest
  readonly peer: SipAddress
  state(): string
  handle(event: TransactionEvent): void
  /** Stops every timer without a word: the endpoint is closing. */
  stop(): void
}

/** Runs a machine on real parts: its timers on the wire clock, its messages through the transport. */
export function runTransaction<State extends { readonly kind: string }>(
  machine: Machine<State>,
  work: {
    readonly request: SipRequest
    readonly peer: SipAddress
    readonly ports: TransactionPorts
  },
  listener: TransactionListener,
): Transaction {
  const { transport, clock, timers } = work.ports
  const config = { request: work.request, reliable: transport.reliable, timers }
  const running = new Map<TimerName, () => void>()
  let state: State | undefined
  let problem: unknown

  const stop = (names: Iterable<TimerName>) => {
    for (const name of [...names]) {
      running.get(name)?.()
      running.delete(name)
    }
  }
  const send = async (message: SipMessage) => {
    try {
      await transport.send(formatMessage(message), work.peer)
    } catch (error) {
      handle({ kind: 'transport-error', error })
    }
  }
  const apply = (effect: Effect) => {
    if (effect.kind === 'send') void send(effect.message)
    else if (effect.kind === 'deliver') listener.onMessage(effect.message)
    else if (effect.kind === 'stop') stop(effect.timers)
    else if (effect.kind === 'fail') listener.onFailed(effect.because, problem)
    else {
      const { timer, after } = effect
      stop([timer])
      const fire = () => handle({ kind: 'timer', timer })
      running.set(timer, startTimer(clock, after, fire))
    }
  }
  const move = (transition: Transition<State>) => {
    state = transition.state
    for (const effect of transition.effects) apply(effect)
    if (transition.state.kind !== 'terminated') return
    stop(running.keys())
    listener.onTerminated()
  }
  const handle = (event: TransactionEvent) => {
    if (state === undefined || state.kind === 'terminated') return
    if (event.kind === 'transport-error') problem = event.error
    const transition = machine.next(state, event, config)
    if (transition.state !== state || transition.effects.length > 0) move(transition)
  }

  move(machine.begin(config))
  return {
    request: work.request,
    peer: work.peer,
    state: () => state?.kind ?? 'terminated',
    handle,
    stop: () => stop(running.keys()),
  }
}

/** Nothing happens: the event has no arrow from here. */
export const stay = <State>(state: State): Transition<State> => ({ state, effects: [] })
