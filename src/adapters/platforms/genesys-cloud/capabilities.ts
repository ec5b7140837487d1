import type { Capability, Operation, Platform } from '../../../features/platform/index.ts'

/**
 * Permission of each operation, as the OpenAPI document names it: any one of the list will do.
 * An operation is `port.method`; a port alone means all of its methods.
 */
export const permissions: Readonly<Record<Operation, readonly (readonly string[])[]>> = {
  'trunks.list': [['telephony:plugin:all']],
  'trunks.find': [['telephony:plugin:all']],
  'trunks.provision': [['telephony:plugin:all']],
  'trunks.remove': [['telephony:plugin:all']],
  'trunks.setEnabled': [['telephony:plugin:all']],
  'trunks.health': [['telephony:plugin:all']],
  'inboundNumbers.flows': [['routing:callRoute:view']],
  'inboundNumbers.known': [['telephony:plugin:all']],
  'inboundNumbers.readBindings': [['routing:callRoute:view']],
  'inboundNumbers.holders': [['telephony:plugin:all'], ['routing:callRoute:view']],
  'inboundNumbers.bind': [
    ['routing:callRoute:view'],
    ['routing:callRoute:edit'],
    ['telephony:plugin:all'],
  ],
  'queues.find': [['routing:queue:view']],
  'queues.members': [['routing:queue:view', 'routing:queue:edit', 'routing:queueMember:manage']],
  'queues.ofAgents': [['routing:queue:view']],
  'queues.setMembers': [['routing:queue:edit', 'routing:queueMember:manage']],
  'queues.removeMembers': [['routing:queue:edit', 'routing:queueMember:manage']],
  'agents.find': [['directory:user:view']],
  'agents.status': [['directory:user:view'], ['telephony:plugin:all']],
  'agents.onQueue': [['directory:user:view']],
  'agents.setOnQueue': [
    ['presence:presenceDefinition:view'],
    ['presence:userPresence:edit'],
    ['telephony:plugin:all'],
  ],
  'licences.read': [['authorization:grant:add', 'authorization:license:view']],
  'licences.assign': [['authorization:grant:add']],
  'licences.owned': [['authorization:grant:add', 'authorization:license:view']],
  'shares.probe': [['architect:datatable:view']],
  'shares.read': [['architect:datatable:view'], ['architect:datatableRow:view']],
  'shares.replace': [
    ['architect:datatable:view'],
    ['architect:datatableRow:view'],
    ['architect:datatable:edit', 'architect:datatableRow:edit'],
    ['architect:datatable:add', 'architect:datatableRow:add'],
    ['architect:datatable:delete', 'architect:datatableRow:delete'],
  ],
  'outboundRoutes.read': [['telephony:plugin:all']],
  'outboundRoutes.replace': [['telephony:plugin:all']],
  'statistics.queues': [['analytics:conversationAggregate:view']],
  'statistics.waiting': [['analytics:queueObservation:view']],
  'statistics.conversationOf': [
    ['analytics:conversationDetail:view', 'analytics:agentConversationDetail:view'],
  ],
  'statistics.failed': [
    ['analytics:conversationDetail:view', 'analytics:agentConversationDetail:view'],
  ],
  'statistics.workload': [['analytics:queueObservation:view']],
  'liveCalls.count': [
    ['analytics:conversationDetail:view', 'analytics:agentConversationDetail:view'],
  ],
  'account.check': [],
  'account.rateLimit': [],
  'account.clockOffset': [],
}

/** Every port is there; what single operations can't do is refused when they are asked (README). */
export const lacks: Readonly<Partial<Record<Capability, string>>> = {}

export const consolePlaces: NonNullable<Platform['console']> = {
  flows: 'Admin › Architect › Call Routing',
  numbers: 'Admin › Telephony › DID Numbers › DID Ranges, provider BYOC',
  routes: 'Admin › Telephony › Sites › Outbound Routes',
  sessions: 'Admin › Telephony › Trunks › External Trunks › Max Concurrent Calls',
  licences: 'Admin › Account Settings › Subscription',
}
