import type { SipResponse } from './message.ts'
import { transactionTimeout } from './timers.ts'
import {
  type Effect,
  type Machine,
  stay,
  type TransactionConfig,
  type Transition,
} from './transaction.ts'

/**
 * RFC 3261 §17.2.2.
 *
 *     trying ──1xx──▶ proceeding ──200-699──▶ completed ──J──▶ terminated
 *        │  └─────────200-699────────────────▲                  ▲
 *        └──ignore──▶ mute ──J──────────────────────────────────┘
 *
 * A transport error ends it from proceeding and completed. `mute`: see invite-server-transaction.ts.
 */
export type NonInviteServerState =
  | { readonly kind: 'trying' }
  | { readonly kind: 'proceeding'; readonly last: SipResponse }
  | { readonly kind: 'completed'; readonly response: SipResponse }
  | { readonly kind: 'mute' }
  | { readonly kind: 'terminated' }

type Step = Transition<NonInviteServerState>

export const nonInviteServerMachine: Machine<NonInviteServerState> = {
  begin: () => ({ state: { kind: 'trying' }, effects: [] }),

  next(state, event, config) {
    switch (event.kind) {
      case 'respond':
        return onRespond(state, event.response, config)
      case 'received':
        return onRetransmission(state)
      case 'timer':
        return event.timer === 'J' ? { state: { kind: 'terminated' }, effects: [] } : stay(state)
      case 'transport-error':
        return onTransportError(state)
      case 'ignore':
        return onIgnore(state, config)
    }
  },
}

function onRespond(
  state: NonInviteServerState,
  response: SipResponse,
  config: TransactionConfig,
): Step {
  if (state.kind !== 'trying' && state.kind !== 'proceeding') return stay(state)
  const send: Effect = { kind: 'send', message: response }
  if (response.status < 200)
    return { state: { kind: 'proceeding', last: response }, effects: [send] }
  if (config.reliable) return { state: { kind: 'terminated' }, effects: [send] }
  const forget: Effect = { kind: 'start', timer: 'J', after: transactionTimeout(config.timers) }
  return { state: { kind: 'completed', response }, effects: [send, forget] }
}

function onRetransmission(state: NonInviteServerState): Step {
  if (state.kind === 'proceeding')
    return { state, effects: [{ kind: 'send', message: state.last }] }
  if (state.kind === 'completed') {
    return { state, effects: [{ kind: 'send', message: state.response }] }
  }
  return stay(state)
}

function onTransportError(state: NonInviteServerState): Step {
  if (state.kind !== 'proceeding' && state.kind !== 'completed') return stay(state)
  return { state: { kind: 'terminated' }, effects: [{ kind: 'fail', because: 'transport-error' }] }
}

function onIgnore(state: NonInviteServerState, { timers }: TransactionConfig): Step {
  if (state.kind !== 'trying') return stay(state)
  const after = transactionTimeout(timers)
  return { state: { kind: 'mute' }, effects: [{ kind: 'start', timer: 'J', after }] }
}
