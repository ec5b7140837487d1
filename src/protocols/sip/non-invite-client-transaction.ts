import { type Milliseconds, ms } from '../../kernel/units.ts'
import type { SipResponse } from './message.ts'
import { transactionTimeout } from './timers.ts'
import {
  type Effect,
  type Machine,
  stay,
  type TimerName,
  type TransactionConfig,
  type Transition,
} from './transaction.ts'

/**
 * RFC 3261 §17.1.2.
 *
 *     trying ──1xx──▶ proceeding ──200-699──▶ completed ──K──▶ terminated
 *        │  └─────────200-699────────────────▲                  ▲
 *        └──F, transport error (also from proceeding)───────────┘
 */
export type NonInviteClientState =
  | { readonly kind: 'trying'; readonly pause: Milliseconds }
  | { readonly kind: 'proceeding' }
  | { readonly kind: 'completed' }
  | { readonly kind: 'terminated' }

type Step = Transition<NonInviteClientState>

export const nonInviteClientMachine: Machine<NonInviteClientState> = {
  begin({ request, reliable, timers }) {
    const retransmit: Effect = { kind: 'start', timer: 'E', after: timers.t1 }
    const effects: Effect[] = [
      { kind: 'send', message: request },
      ...(reliable ? [] : [retransmit]),
      { kind: 'start', timer: 'F', after: transactionTimeout(timers) },
    ]
    return { state: { kind: 'trying', pause: timers.t1 }, effects }
  },

  next(state, event, config) {
    if (event.kind === 'timer') return onTimer(state, event.timer, config)
    if (state.kind !== 'trying' && state.kind !== 'proceeding') return stay(state)
    if (event.kind === 'transport-error') return failed('transport-error')
    if (event.kind !== 'received' || event.message.kind !== 'response') return stay(state)
    return onResponse(event.message, config)
  },
}

function onTimer(
  state: NonInviteClientState,
  timer: TimerName,
  { request, timers }: TransactionConfig,
): Step {
  if (state.kind === 'completed') {
    return timer === 'K' ? { state: { kind: 'terminated' }, effects: [] } : stay(state)
  }
  if (state.kind === 'terminated') return stay(state)
  if (timer === 'F') return failed('timeout')
  if (timer !== 'E') return stay(state)
  // Proceeding repeats at T2 from its first E on (§17.1.2.2); trying doubles up to it.
  const pause = state.kind === 'proceeding' ? timers.t2 : ms(Math.min(state.pause * 2, timers.t2))
  const effects: Effect[] = [
    { kind: 'send', message: request },
    { kind: 'start', timer: 'E', after: pause },
  ]
  return { state: state.kind === 'trying' ? { kind: 'trying', pause } : state, effects }
}

function failed(because: 'timeout' | 'transport-error'): Step {
  return { state: { kind: 'terminated' }, effects: [{ kind: 'fail', because }] }
}

function onResponse(response: SipResponse, { reliable, timers }: TransactionConfig): Step {
  const deliver: Effect = { kind: 'deliver', message: response }
  if (response.status < 200) return { state: { kind: 'proceeding' }, effects: [deliver] }
  const effects: Effect[] = [{ kind: 'stop', timers: ['E', 'F'] }, deliver]
  if (reliable) return { state: { kind: 'terminated' }, effects }
  return {
    state: { kind: 'completed' },
    effects: [...effects, { kind: 'start', timer: 'K', after: timers.t4 }],
  }
}
