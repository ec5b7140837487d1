import { type Milliseconds, ms } from '../../kernel/units.ts'
import type { SipRequest, SipResponse } from './message.ts'
import { respondTo } from './requests.ts'
import { transactionTimeout } from './timers.ts'
import {
  type Effect,
  type Machine,
  stay,
  type TimerName,
  type TransactionConfig,
  type Transition,
} from './transaction.ts'

/** §17.2.1: a 100 goes out unless the layer above has answered by then. */
const tryingAfter = ms(200)

/**
 * RFC 3261 §17.2.1 with the accepted state of RFC 6026.
 *
 *     proceeding ──2xx──▶ accepted ──L──────────────────────▶ terminated
 *        │                                                      ▲
 *        ├──300-699──▶ completed ──ACK──▶ confirmed ──I─────────┤
 *        │                 └──H, transport error────────────────┤
 *        └──ignore──▶ mute ──L──────────────────────────────────┘
 *
 * `mute` is not the RFC's: an endpoint that has decided to be silent swallows what is retransmitted.
 */
export type InviteServerState =
  | { readonly kind: 'proceeding'; readonly last?: SipResponse }
  | { readonly kind: 'accepted' }
  | { readonly kind: 'completed'; readonly response: SipResponse; readonly pause: Milliseconds }
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'mute' }
  | { readonly kind: 'terminated' }

type Step = Transition<InviteServerState>

export const inviteServerMachine: Machine<InviteServerState> = {
  begin: () => ({
    state: { kind: 'proceeding' },
    effects: [{ kind: 'start', timer: 'trying', after: tryingAfter }],
  }),

  next(state, event, config) {
    switch (event.kind) {
      case 'respond':
        return onRespond(state, event.response, config)
      case 'received':
        return event.message.kind === 'request'
          ? onRequest(state, event.message, config)
          : stay(state)
      case 'timer':
        return onTimer(state, event.timer, config)
      case 'transport-error':
        return onTransportError(state)
      case 'ignore':
        return onIgnore(state, config)
    }
  },
}

function onRespond(
  state: InviteServerState,
  response: SipResponse,
  config: TransactionConfig,
): Step {
  const send: Effect = { kind: 'send', message: response }
  // RFC 6026 §8.7: the 2xx is the layer's above to repeat, until its ACK.
  if (state.kind === 'accepted') return { state, effects: isSuccess(response) ? [send] : [] }
  if (state.kind !== 'proceeding') return stay(state)
  const effects: Effect[] = [{ kind: 'stop', timers: ['trying'] }, send]
  if (response.status < 200) return { state: { kind: 'proceeding', last: response }, effects }
  const timeout = transactionTimeout(config.timers)
  if (isSuccess(response)) {
    return {
      state: { kind: 'accepted' },
      effects: [...effects, { kind: 'start', timer: 'L', after: timeout }],
    }
  }
  const { t1 } = config.timers
  const repeat: Effect[] = config.reliable ? [] : [{ kind: 'start', timer: 'G', after: t1 }]
  return {
    state: { kind: 'completed', response, pause: t1 },
    effects: [...effects, ...repeat, { kind: 'start', timer: 'H', after: timeout }],
  }
}

const isSuccess = ({ status }: SipResponse) => status >= 200 && status < 300

function onRequest(
  state: InviteServerState,
  request: SipRequest,
  { reliable, timers }: TransactionConfig,
): Step {
  if (request.method === 'INVITE') {
    if (state.kind === 'proceeding' && state.last !== undefined) {
      return { state, effects: [{ kind: 'send', message: state.last }] }
    }
    if (state.kind === 'completed') {
      return { state, effects: [{ kind: 'send', message: state.response }] }
    }
    return stay(state)
  }
  if (request.method !== 'ACK') return stay(state)
  if (state.kind === 'accepted') return { state, effects: [{ kind: 'deliver', message: request }] }
  if (state.kind !== 'completed') return stay(state)
  if (reliable) return { state: { kind: 'terminated' }, effects: [] }
  return {
    state: { kind: 'confirmed' },
    effects: [
      { kind: 'stop', timers: ['G', 'H'] },
      { kind: 'start', timer: 'I', after: timers.t4 },
    ],
  }
}

function onTimer(state: InviteServerState, timer: TimerName, config: TransactionConfig): Step {
  if (state.kind === 'proceeding' && timer === 'trying') {
    return onRespond(state, respondTo(config.request, 100, 'Trying'), config)
  }
  if (state.kind === 'completed' && timer === 'G') {
    const pause = ms(Math.min(state.pause * 2, config.timers.t2))
    const effects: Effect[] = [
      { kind: 'send', message: state.response },
      { kind: 'start', timer: 'G', after: pause },
    ]
    return { state: { ...state, pause }, effects }
  }
  if (state.kind === 'completed' && timer === 'H') {
    return { state: { kind: 'terminated' }, effects: [{ kind: 'fail', because: 'timeout' }] }
  }
  const over =
    (state.kind === 'confirmed' && timer === 'I') ||
    ((state.kind === 'accepted' || state.kind === 'mute') && timer === 'L')
  return over ? { state: { kind: 'terminated' }, effects: [] } : stay(state)
}

/** RFC 6026 §8.7: a response that could not be sent in accepted is reported, the transaction stays. */
function onTransportError(state: InviteServerState): Step {
  const fail: Effect = { kind: 'fail', because: 'transport-error' }
  if (state.kind === 'accepted') return { state, effects: [fail] }
  if (state.kind !== 'proceeding' && state.kind !== 'completed') return stay(state)
  return { state: { kind: 'terminated' }, effects: [fail] }
}

function onIgnore(state: InviteServerState, { timers }: TransactionConfig): Step {
  if (state.kind !== 'proceeding') return stay(state)
  return {
    state: { kind: 'mute' },
    effects: [
      { kind: 'stop', timers: ['trying'] },
      { kind: 'start', timer: 'L', after: transactionTimeout(timers) },
    ],
  }
}
