import type { PlannedStep } from '../../engine/runbook.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { ms } from '../../kernel/units.ts'
import type { Stage } from './stage-agents.ts'
import { planStep, type SiteScene, usersByQueue } from './wave-scene.ts'

type Steps = readonly PlannedStep[]

/** How long too many agents may be away before a person is asked. */
const awayPatience = ms(10 * 60_000)

/** Directly before the selection what was proved is looked at again: a run may have been held since (W3.1). */
export function provedStill(scene: SiteScene): Steps {
  return [
    ...stillOnQueue(scene, 'select', scene.stages.first),
    testCalls(scene, 'select.call.test', 'test calls again'),
  ]
}

/** A call to each number, from somebody whom the target keeps, which it has to answer itself. */
export function testCalls(scene: SiteScene, key: string, title: string): PlannedStep {
  const { site, targetGateway, sourceGateway } = scene
  const input = {
    gateway: targetGateway,
    numbers: site.numbers,
    caller: scene.testCaller,
    expected: { side: site.to, ...neverHost(sourceGateway, targetGateway) },
    nonce: `${scene.request.run}-${site.id}`,
  }
  return planStep(scene, { key, kind: 'call.test', title, input, rests: false })
}

/**
 * Looks again at everybody who was moved up to this stage, its own agents included.
 *
 * @param name of what comes next: the key begins with it
 */
export function stillOnQueue(scene: SiteScene, name: string, last: Stage): Steps {
  const { site, gate } = scene
  const queues = usersByQueue(site, movedUpTo(scene, last))
  if (queues.length === 0) return []
  const input = { platform: site.to, queues, longest: awayPatience, hold: gate.hold }
  const [key, kind] = [`${name}.still-on-queue`, 'agents.still-on-queue']
  return [planStep(scene, { key, kind, title: 'agents still on queue', input, rests: false })]
}

function movedUpTo({ stages }: SiteScene, last: Stage): Stage['agents'] {
  const before = [stages.first, ...stages.rest].filter(({ share }) => share < last.share)
  return [...before.flatMap(({ agents }) => agents), ...last.agents]
}

/** The other side's host, where it isn't this side's too: whoever answers from there is the wrong one. */
export function neverHost({ host }: SipAddress, target: SipAddress) {
  return host === target.host ? {} : { neverHost: host }
}
