import type {
  FailoverStage,
  SurvivalSeen,
  TrialAnswer,
  TrialSeen,
} from '../../features/carrier-failover/index.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { type Milliseconds, ms, since } from '../../kernel/units.ts'
import { type IncomingCall, receiveCall } from '../../protocols/sip/incoming-call.ts'
import { type PlacedCall, placeCall } from '../../protocols/sip/outgoing-call.ts'
import { reasonPhrase } from '../../protocols/sip/reason-phrases.ts'
import { respondTo } from '../../protocols/sip/requests.ts'
import type { SipTransport } from '../../protocols/sip/transport.ts'
import { allowHeader, createUserAgent, type UserAgent } from '../../protocols/sip/user-agent.ts'
import { closeAfter, openAgent, product, type Rest, type SipProbeParts } from './agent.ts'

export interface FailoverStageParts extends SipProbeParts {
  /** The carrier or SBC under test. */
  readonly carrier: SipAddress
  readonly number: string
  readonly caller: string
  /** Where we listen as its targets, the primary first. */
  readonly targets: readonly SipTransport[]
  /** How long a call may take until it is answered or refused: longer than the carrier waits for a silent target. */
  readonly patience: Milliseconds
  /** How long a call must stand while its target is down. */
  readonly stands: Milliseconds
}

interface StageState {
  readonly parts: FailoverStageParts
  readonly calls: Map<object, IncomingCall>
  behaviour: readonly (TrialAnswer | undefined)[]
  /** Targets that are down for new calls and for OPTIONS. */
  down: ReadonlySet<number>
  reached: number[]
  /** Whether a call of ours is on its way. */
  isTrying: boolean
}

/** Plays the targets of a carrier and calls through it; who has opened the targets closes them. */
export function createFailoverStage(parts: FailoverStageParts): FailoverStage {
  const state: StageState = {
    parts,
    calls: new Map(),
    behaviour: [],
    down: new Set(),
    reached: [],
    isTrying: false,
  }
  for (const [target, transport] of parts.targets.entries()) playTarget(state, target, transport)
  return {
    targets: parts.targets.length,
    call: (behaviour, signal) => tryCall(state, behaviour, signal),
    survive: (signal) => survive(state, signal),
  }
}

function playTarget(state: StageState, target: number, transport: SipTransport): void {
  const { wireClock: clock, random } = state.parts
  const agent = createUserAgent(
    { transport, clock, random, product: `${product} target ${target + 1}` },
    {
      onInvite(request, transaction, from) {
        const call = receiveCall(agent, transaction, from)
        state.calls.set(request, call)
        void call.ended.then(() => state.calls.delete(request))
        if (!isOurs(state, call)) {
          call.refuse(480, reasonPhrase(480))
          return
        }
        state.reached.push(target)
        meet(
          call,
          state.down.has(target) ? { kind: 'status', status: 503 } : state.behaviour[target],
        )
      },
      onRequest(request, transaction) {
        const isUp = request.method === 'OPTIONS' && !state.down.has(target)
        const status = isUp ? 200 : 503
        const more = { headers: [allowHeader], toTag: agent.newTag() }
        const response = respondTo(request, status, reasonPhrase(status), more)
        transaction.handle({ kind: 'respond', response })
      },
      onCancel: (invite) => state.calls.get(invite)?.cancelled(),
    },
  )
}

/** How many digits at the end of a number tell it from others, however a carrier writes its beginning. */
const tellingDigits = 7

/** Somebody else's call must be neither answered nor counted: it comes outside a trial, or for another number. */
function isOurs({ isTrying, parts }: StageState, { number }: IncomingCall): boolean {
  const tail = (text: string) => text.replaceAll(/\D/g, '').slice(-tellingDigits)
  return isTrying && tail(number) === tail(parts.number)
}

function meet(call: IncomingCall, answer: TrialAnswer | undefined): void {
  if (answer?.kind === 'silence') {
    call.mute()
    return
  }
  call.trying()
  if (answer === undefined) {
    call.answer()
    return
  }
  if (answer.kind === 'rings-then') call.ring()
  call.refuse(answer.status, reasonPhrase(answer.status))
}

async function tryCall(
  state: StageState,
  behaviour: readonly (TrialAnswer | undefined)[],
  signal: AbortSignal,
): Promise<TrialSeen> {
  state.behaviour = behaviour
  const through = await callThrough(state, signal)
  await hangUp(through)
  return through.seen
}

interface Through {
  readonly seen: TrialSeen
  /** Answered: it stands until it is hung up. */
  readonly standing?: Extract<PlacedCall, { kind: 'answered' }>
  readonly agent?: UserAgent
}

/** One call; who is reached counts from its beginning. Whatever becomes of it, what is left of it is ended. */
async function callThrough(state: StageState, signal: AbortSignal): Promise<Through> {
  const { parts } = state
  const { carrier, number, caller, patience: timeout, wireClock } = parts
  state.reached = []
  const reached = state.reached
  const agent = await openAgent(parts, carrier, signal)
  if ('kind' in agent)
    return { seen: { reached, caller: { kind: 'silent', because: agent.because } } }
  const began = wireClock.now()
  let standing: Through['standing']
  let rest: Rest = 'call'
  state.isTrying = true
  try {
    const placed = await placeCall(agent, { target: carrier, number, caller, timeout }, signal)
    if (placed.kind === 'answered') standing = placed
    if (placed.kind === 'refused') rest = 'repetitions'
    const after = since(began, wireClock.now())
    return {
      ...(standing === undefined ? {} : { standing, agent }),
      seen: { reached, caller: callerOf(placed, after) },
    }
  } finally {
    state.isTrying = false
    if (standing === undefined) closeAfter(agent, rest)
  }
}

function callerOf(placed: PlacedCall, after: Milliseconds): TrialSeen['caller'] {
  if (placed.kind === 'silent') return { kind: 'silent', because: placed.because }
  if (placed.kind === 'answered') return { kind: 'answered', after }
  return { kind: 'refused', status: placed.response.status, after }
}

/** @returns whether the far side still had the call */
async function hangUp({ standing, agent }: Through): Promise<boolean> {
  if (standing === undefined || agent === undefined) return false
  const had = await standing.hangUp()
  closeAfter(agent, had ? 'nothing' : 'call')
  return had
}

async function survive(state: StageState, signal: AbortSignal): Promise<SurvivalSeen> {
  const { wireClock, stands } = state.parts
  state.behaviour = []
  const first = await callThrough(state, signal)
  let ended = false
  void first.standing?.ended.then(() => {
    ended = true
  })
  state.down = new Set([0])
  let second: Through | undefined
  try {
    second = await callThrough(state, signal)
    await wireClock.sleep(ms(stands), signal)
  } finally {
    // Called off, too: nobody else hangs up at the carrier.
    state.down = new Set()
    if (second !== undefined) await hangUp(second)
    ended = !(await hangUp(first)) || ended
  }
  return { before: first.seen, survived: !ended, after: second.seen }
}
