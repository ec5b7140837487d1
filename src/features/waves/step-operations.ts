import { z } from 'zod'
import type { PlannedStep } from '../../engine/runbook.ts'
import { type PlatformId, platformId } from '../../kernel/ids.ts'
import type { Operation } from '../platform/index.ts'

/** Where a step's input names a platform. */
type Role = 'platform' | 'source' | 'target' | 'scope' | 'expected'

type Asked = Readonly<Partial<Record<Role, readonly Operation[]>>>

const switchTrunk: Asked = { platform: ['trunks.find', 'trunks.setEnabled', 'trunks.health'] }
const drain: Asked = { platform: ['liveCalls.count'] }
const gate: Asked = {
  scope: [
    'queues.find',
    'statistics.queues',
    'statistics.failed',
    'statistics.workload',
    'statistics.waiting',
    'statistics.conversationOf',
  ],
}

/**
 * What each kind of step asks of its platforms, forward and back: preflight probes the rights of all of it
 * (P1.1). A test runs every kind and finds what is missing here.
 */
export const stepOperations: Readonly<Record<string, Asked>> = {
  'agents.affiliate': {
    platform: [
      'agents.find',
      'agents.status',
      'queues.find',
      'queues.members',
      'queues.setMembers',
      'queues.removeMembers',
    ],
  },
  // A person does it.
  'agents.by-hand': {},
  'agents.move': {
    source: [
      'agents.find',
      'queues.find',
      'queues.ofAgents',
      'queues.setMembers',
      'queues.removeMembers',
    ],
    target: [
      'agents.find',
      'agents.status',
      'agents.onQueue',
      'agents.setOnQueue',
      'queues.find',
      'queues.members',
      'queues.setMembers',
      'queues.removeMembers',
    ],
  },
  'agents.one-side': {
    source: ['agents.find', 'queues.ofAgents'],
    target: ['agents.find', 'agents.status', 'queues.ofAgents'],
  },
  'agents.registered': { platform: ['agents.find', 'agents.status'] },
  'agents.still-on-queue': { platform: ['agents.find', 'agents.status'] },
  'authority.select': { source: ['trunks.find'] },
  'authority.set-share': { platform: ['shares.read', 'shares.replace'] },
  // Who answered is told by the record of the call there.
  'call.test': { expected: ['statistics.conversationOf'] },
  'dns.lower-ttl': {},
  'dns.propagation': {},
  'dns.restore-ttl': {},
  'dns.wait-old-ttl': {},
  'gate.check': gate,
  'gate.trigger': gate,
  'licences.assign': { platform: ['agents.find', 'licences.read', 'licences.assign'] },
  'licences.in-force': { platform: ['agents.find', 'licences.read'] },
  'licences.lead': {},
  'numbers.bind': { platform: ['inboundNumbers.readBindings', 'inboundNumbers.bind'] },
  'outbound.set-route': { platform: ['outboundRoutes.read', 'outboundRoutes.replace'] },
  'queue.drained': { platform: ['queues.find', 'statistics.waiting'] },
  'sip.options': {},
  'source.drain': drain,
  'source.release': switchTrunk,
  'target.drain': drain,
  'trunk.arm': switchTrunk,
  'trunk.mirror': { platform: ['trunks.find'], source: ['trunks.find'] },
  'trunk.provision': { platform: ['trunks.find', 'trunks.provision', 'trunks.remove'] },
  'wave.preflight': {},
  'wave.window': {},
}

/** A platform by its name, or inside of what is named. */
const named = z.union([
  z.string().min(1),
  z.object({ platform: z.string().min(1) }).transform(({ platform }) => platform),
])
const inputOfAny = z.object({
  platform: named.optional(),
  source: named.optional(),
  target: named.optional().catch(undefined),
  scope: named.optional(),
  expected: z
    .object({ side: z.string().min(1) })
    .transform(({ side }) => side)
    .optional(),
})

/** What these steps, and guards, ask of each platform: every operation once. */
export function operationsOf(
  steps: readonly Pick<PlannedStep, 'kind' | 'input'>[],
): ReadonlyMap<PlatformId, ReadonlySet<Operation>> {
  const all = new Map<PlatformId, Set<Operation>>()
  for (const { kind, input } of steps) {
    const platforms = inputOfAny.parse(input)
    for (const [role, operations] of Object.entries(stepOperations[kind] ?? {})) {
      const name = platforms[role as Role]
      if (name === undefined) continue
      const known = all.get(platformId(name)) ?? new Set()
      all.set(platformId(name), new Set([...known, ...operations]))
    }
  }
  return all
}
