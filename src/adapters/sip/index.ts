import type { SipProbe } from '../../features/call-tests/index.ts'
import { closeAfter, openAgent, type Rest, type SipProbeParts } from './agent.ts'
import { probeOnce } from './options.ts'
import { makeTestCall } from './test-call.ts'

export { openAgent, type Silence, type SipProbeParts } from './agent.ts'
export { createFailoverStage, type FailoverStageParts } from './failover-stage.ts'
export { createMirror, type MirrorOptions } from './mirror.ts'
export { createOfferCaller } from './offer-caller.ts'
export { type OpenRegistrar, openRegistrar } from './registrar.ts'
export { createSystemNames } from './system-names.ts'

/**
 * OPTIONS probes and test calls over our own SIP (W1.4).
 *
 * What a gateway does is a value: refusal, silence and a connection that it does not take included.
 * Rejects only for what is on our side: an aborted signal, a port or a file of ours.
 */
export function createSipProbe(parts: SipProbeParts): SipProbe {
  return {
    options: (target, signal) => probeOnce(parts, target, signal),
    async call(request, signal) {
      const agent = await openAgent(parts, request.target, signal)
      if ('kind' in agent) return agent
      let rest: Rest = 'call'
      try {
        const made = await makeTestCall(parts, agent, { ...request, signal })
        rest = made.rest
        return made.answer
      } finally {
        closeAfter(agent, rest)
      }
    },
  }
}
