import type { Json } from './json.ts'
import {
  answer,
  type Call,
  isoTime,
  notFound,
  nothingNeeded,
  operation,
  page,
  telephony,
} from './operation.ts'

export const accountOperations = [
  operation('GET /api/v2/date', nothingNeeded, ({ facts }) =>
    answer({ currentDate: isoTime(facts.now()) }),
  ),
  operation('GET /api/v2/authorization/subjects/me', nothingNeeded, showSubject),
  operation('GET /api/v2/authorization/products', nothingNeeded, ({ facts }) =>
    answer({
      entities: facts.products.map((id) => ({ id })),
      pageSize: 100,
      pageNumber: 1,
      total: facts.products.length,
      pageCount: 1,
    }),
  ),
  operation('GET /api/v2/tokens/me', nothingNeeded, ({ facts }) =>
    answer({
      organization: { id: facts.id, name: facts.name },
      homeOrganization: { id: facts.id, name: facts.name },
      authorizedScope: [],
      OAuthClient: {
        id: facts.client.id,
        name: facts.client.id,
        authorizedGrantType: 'CLIENT-CREDENTIALS',
        state: 'active',
      },
    }),
  ),
  operation('GET /api/v2/organizations/me', nothingNeeded, ({ facts }) =>
    answer({
      id: facts.id,
      name: facts.name,
      version: 1,
      state: 'active',
      domain: 'lab',
      defaultLanguage: 'en-US',
      defaultCountryCode: 'US',
      productPlatform: 'GenesysCloud',
      features: {},
    }),
  ),
  operation('GET /api/v2/organizations/limits/namespaces/{namespaceName}', nothingNeeded, limits),
  operation(
    'GET /api/v2/organizations/limits/namespaces/{namespaceName}/defaults',
    nothingNeeded,
    limits,
  ),
  operation('GET /api/v2/ipranges', nothingNeeded, () =>
    answer({
      entities: [
        { cidr: '127.0.0.1/32', service: 'api', region: 'us-east-1', direction: 'inbound' },
        { cidr: '127.0.0.1/32', service: 'data-actions', region: 'us-east-1', direction: 'both' },
      ],
    }),
  ),
  operation('GET /api/v2/telephony/providers/edges', telephony, (call) =>
    page(call, [
      {
        id: call.facts.edgeId,
        name: 'lab edge',
        state: 'active',
        statusCode: 'ACTIVE',
        onlineStatus: 'ONLINE',
        managed: true,
        callDrainingState: 'NONE',
        conversationCount: [...call.calls.live()].length,
      },
    ]),
  ),
]

/** One role with a policy for each permission: what a client may is read from here. */
function showSubject({ facts }: Call) {
  const { client } = facts
  const policies = client.permissions.map((permission): Json => {
    const [domain = '*', entityName = '*', action = '*'] = permission.split(':')
    return { domain, entityName, actions: [action] }
  })
  return answer({
    id: client.id,
    name: client.id,
    version: 1,
    grants: [
      {
        subjectId: client.id,
        division: { id: '*', name: 'All', description: '', homeDivision: false, objectCounts: {} },
        role: { id: 'lab-role', name: 'Changeover', policies },
        grantMadeAt: isoTime(facts.now()),
      },
    ],
    selfUri: '/api/v2/authorization/subjects/me',
  })
}

function limits({ facts, params }: Call) {
  const namespace = params['namespaceName'] ?? ''
  if (namespace !== 'platform.api') return notFound(`namespace ${namespace}`)
  const keys = ['token.rate.per.minute', 'client.credentials.token.rate.per.minute']
  const value = facts.ratePerMinute
  return answer({ entities: keys.map((key) => ({ key, namespace, value })) })
}
