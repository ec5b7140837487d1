import type { WireClock } from '../kernel/clock.ts'
import { ms } from '../kernel/units.ts'
import type { SipTransport } from '../protocols/sip/transport.ts'
import type { Side } from './estate.ts'
import type { Lab } from './lab.ts'
import { createSipEndpoint, type InviteDecision, type SipEndpoint } from './network/sip-endpoint.ts'

/** How long somebody waits for an answer before he gives up. Wire time. */
const longestWait = ms(8000)

/** A platform's gateway on one transport: answers calls as the world's state has it. */
export function openGateway(
  side: Side,
  transport: SipTransport,
  { world, clock, faults }: Pick<Lab, 'world' | 'clock' | 'faults'>,
): SipEndpoint {
  const standing = new Map<string, () => void>()
  const closed = new AbortController()
  // Whoever waits for an answer keeps a socket busy: else the world would run for an hour meanwhile.
  const keepWaiting = () => {
    const release = clock.busy()
    const waited = clock.wireClock.sleep(longestWait, closed.signal)
    void waited.catch(() => undefined).finally(release)
  }
  const decide = (callId: string, caller: string, dnis: string): InviteDecision => {
    const answer = world.answerTestCall(side, { sipCallId: callId, caller, dnis })
    if (answer.kind === 'silent') {
      keepWaiting()
      return { kind: 'silence' }
    }
    if (answer.kind === 'rejected') return { ...answer, kind: 'reject' }
    const release = clock.busy()
    standing.set(callId, () => {
      answer.hangUp()
      release()
    })
    const afterMs = faults.sipLate(side)
    return afterMs === undefined ? { kind: 'answer' } : { kind: 'late', afterMs }
  }
  const endpoint = createSipEndpoint({
    transport,
    wireClock: clock.wireClock satisfies WireClock,
    server: side,
    onInvite: ({ callId, from, number }) => Promise.resolve(decide(callId, from, number)),
    onOptions() {
      const answer = world.probe(side)
      if (answer === undefined || answer.kind === 'taken') return { kind: 'ok' }
      if (answer.kind === 'silent') return { kind: 'silence' }
      return { kind: 'reject', status: answer.status }
    },
    onEnded(callId) {
      standing.get(callId)?.()
      standing.delete(callId)
    },
  })
  return {
    ...endpoint,
    close() {
      closed.abort()
      return endpoint.close()
    },
  }
}
