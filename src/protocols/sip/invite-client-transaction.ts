import { type Milliseconds, ms } from '../../kernel/units.ts'
import type { SipRequest, SipResponse } from './message.ts'
import { ackForRefusal } from './requests.ts'
import { transactionTimeout } from './timers.ts'
import {
  type Effect,
  type Machine,
  stay,
  type TransactionConfig,
  type TransactionEvent,
  type Transition,
} from './transaction.ts'

/**
 * RFC 3261 §17.1.1 with the accepted state of RFC 6026.
 *
 *     calling ──1xx──▶ proceeding ──2xx──▶ accepted ──M──▶ terminated
 *        │  └──────2xx──────────────────────▲                 ▲
 *        ├──300-699 (ACK)──▶ completed ──D────────────────────┤
 *        └──B, transport error────────────────────────────────┘
 */
export type InviteClientState =
  | { readonly kind: 'calling'; readonly pause: Milliseconds }
  | { readonly kind: 'proceeding' }
  | { readonly kind: 'accepted' }
  | { readonly kind: 'completed'; readonly ack: SipRequest }
  | { readonly kind: 'terminated' }

type Step = Transition<InviteClientState>

export const inviteClientMachine: Machine<InviteClientState> = {
  begin({ request, reliable, timers }) {
    const retransmit: Effect = { kind: 'start', timer: 'A', after: timers.t1 }
    const effects: Effect[] = [
      { kind: 'send', message: request },
      ...(reliable ? [] : [retransmit]),
      { kind: 'start', timer: 'B', after: transactionTimeout(timers) },
    ]
    return { state: { kind: 'calling', pause: timers.t1 }, effects }
  },

  next(state, event, config) {
    if (event.kind === 'timer') return onTimer(state, event.timer, config)
    if (event.kind === 'transport-error') return onTransportError(state)
    if (event.kind === 'ignore') return onIgnore(state)
    if (event.kind !== 'received' || event.message.kind !== 'response') return stay(state)
    return onResponse(state, event.message, config)
  },
}

function onTimer(
  state: InviteClientState,
  timer: Extract<TransactionEvent, { kind: 'timer' }>['timer'],
  { request }: TransactionConfig,
): Step {
  if (state.kind === 'calling' && timer === 'A') {
    const pause = ms(state.pause * 2)
    const effects: Effect[] = [
      { kind: 'send', message: request },
      { kind: 'start', timer: 'A', after: pause },
    ]
    return { state: { kind: 'calling', pause }, effects }
  }
  if (state.kind === 'calling' && timer === 'B') return failed('timeout')
  const over =
    (state.kind === 'completed' && timer === 'D') || (state.kind === 'accepted' && timer === 'M')
  return over ? { state: { kind: 'terminated' }, effects: [] } : stay(state)
}

/** A cancelled INVITE that is never answered is forgotten by the layer above (§9.1). */
function onIgnore(state: InviteClientState): Step {
  return state.kind === 'proceeding' ? { state: { kind: 'terminated' }, effects: [] } : stay(state)
}

/** In accepted nothing of ours is on its way: the ACK of a 2xx is the layer's above (RFC 6026 §8.4). */
function onTransportError(state: InviteClientState): Step {
  return state.kind === 'accepted' ? stay(state) : failed('transport-error')
}

function failed(because: 'timeout' | 'transport-error'): Step {
  return { state: { kind: 'terminated' }, effects: [{ kind: 'fail', because }] }
}

function onResponse(
  state: InviteClientState,
  response: SipResponse,
  config: TransactionConfig,
): Step {
  if (state.kind === 'calling' || state.kind === 'proceeding') return onFirst(response, config)
  if (state.kind === 'accepted' && response.status >= 200 && response.status < 300) {
    return { state, effects: [{ kind: 'deliver', message: response }] }
  }
  if (state.kind === 'completed' && response.status >= 300) {
    return { state, effects: [{ kind: 'send', message: state.ack }] }
  }
  return stay(state)
}

function onFirst(response: SipResponse, { request, reliable, timers }: TransactionConfig): Step {
  const settle: Effect[] = [
    { kind: 'stop', timers: ['A', 'B'] },
    { kind: 'deliver', message: response },
  ]
  if (response.status < 200) return { state: { kind: 'proceeding' }, effects: settle }
  if (response.status < 300) {
    const forget: Effect = { kind: 'start', timer: 'M', after: transactionTimeout(timers) }
    return { state: { kind: 'accepted' }, effects: [forget, ...settle] }
  }
  const ack = ackForRefusal(request, response)
  const effects: Effect[] = [{ kind: 'send', message: ack }, ...settle]
  if (reliable) return { state: { kind: 'terminated' }, effects }
  return {
    state: { kind: 'completed', ack },
    effects: [...effects, { kind: 'start', timer: 'D', after: timers.d }],
  }
}
