import { type Json, jsonAt, listAt, numberAt, textAt, textsAt } from './json.ts'
import {
  type Answer,
  answer,
  badRequest,
  type Call,
  isoTime,
  matchesName,
  notFound,
  nothingNeeded,
  operation,
  page,
  refuse,
  telephony,
  versionConflict,
} from './operation.ts'
import type { OutboundRoute, Site, User } from './state.ts'

const edges = '/api/v2/telephony/providers/edges'
const sites = `${edges}/sites`
const routes = `${sites}/{siteId}/outboundroutes`
const route = `${routes}/{outboundRouteId}`

export const siteOperations = [
  operation(`GET ${sites}`, nothingNeeded, (call) => {
    const found = call.facts.sites.filter(({ name }) => matchesName(call, name))
    return page(call, found.map(showSite))
  }),
  operation(`GET ${sites}/{siteId}`, ['telephony:plugin:all', 'telephony:sites:view'], (call) =>
    withSite(call, (site) => answer(showSite(site))),
  ),
  operation(`GET ${routes}`, telephony, (call) =>
    withSite(call, (site) => {
      const found = routesOf(call, site).filter(({ name }) => matchesName(call, name))
      return page(
        call,
        found.map((each) => showRoute(call, each)),
      )
    }),
  ),
  operation(`POST ${routes}`, telephony, (call) =>
    withSite(call, (site) => createRoute(call, site)),
  ),
  operation(`GET ${route}`, telephony, (call) =>
    withRoute(call, (found) => answer(showRoute(call, found))),
  ),
  operation(`PUT ${route}`, telephony, (call) =>
    withRoute(call, (found) => replaceRoute(call, found)),
  ),
  operation(`DELETE ${route}`, telephony, (call) =>
    withRoute(call, ({ id }) => {
      call.config.routes.delete(id)
      return { status: 200 }
    }),
  ),
  operation(`GET ${edges}/phones`, telephony, listPhones),
  operation(`GET ${edges}/phones/{phoneId}`, telephony, (call) => {
    const id = call.params['phoneId'] ?? ''
    const user = [...call.config.users.values()].find(({ phoneId }) => phoneId === id)
    return user === undefined ? notFound(`phone ${id}`) : answer(showPhone(call, user, true))
  }),
  operation('GET /api/v2/stations', nothingNeeded, listStations),
]

function showSite(site: Site): Json {
  return {
    id: site.id,
    name: site.name,
    version: 1,
    state: 'active',
    managed: false,
    mediaModel: 'Cloud',
    location: { id: `${site.id}-location`, name: site.name },
    selfUri: `${sites}/${site.id}`,
  }
}

function routesOf({ config }: Call, { name }: Site): readonly OutboundRoute[] {
  return [...config.routes.values()].filter(({ site }) => site === name)
}

function showRoute({ config }: Call, found: OutboundRoute): Json {
  return {
    id: found.id,
    name: found.name,
    version: found.version,
    state: 'active',
    enabled: found.enabled,
    distribution: found.distribution,
    classificationTypes: found.classificationTypes,
    externalTrunkBases: found.trunkBaseIds.map((id) => ({
      id,
      name: config.trunkBases.get(id)?.name ?? '',
    })),
  }
}

function createRoute(call: Call, site: Site): Answer {
  const read = readRoute(call)
  if ('status' in read) return read
  if (routesOf(call, site).some(({ name }) => name === read.name)) {
    return refuse(409, 'duplicate.value', `a route with the name ${read.name} exists`)
  }
  const created = { id: call.facts.newId(), site: site.name, version: 1, ...read }
  call.config.routes.set(created.id, created)
  return answer(showRoute(call, created))
}

function replaceRoute(call: Call, found: OutboundRoute): Answer {
  const version = numberAt(call.body, 'version')
  if (version === undefined) return badRequest('version required')
  if (version !== found.version) return versionConflict(found.name, version, found.version)
  const read = readRoute(call)
  if ('status' in read) return read
  Object.assign(found, read, { version: version + 1 })
  return answer(showRoute(call, found))
}

function readRoute({
  body,
  config,
}: Call): Answer | Omit<OutboundRoute, 'id' | 'site' | 'version'> {
  const name = textAt(body, 'name')
  const classificationTypes = textsAt(body, 'classificationTypes')
  if (!name || classificationTypes.length === 0) {
    return badRequest('name, classificationTypes required')
  }
  const trunkBaseIds = listAt(body, 'externalTrunkBases').map((item) => textAt(item, 'id') ?? '')
  const stranger = trunkBaseIds.find((id) => !config.trunkBases.has(id))
  if (stranger !== undefined) return badRequest(`trunk base ${stranger} doesn't exist`)
  const distribution = textAt(body, 'distribution') ?? 'SEQUENTIAL'
  const enabled = jsonAt(body, 'enabled') !== false
  return { name, classificationTypes, trunkBaseIds, distribution, enabled }
}

function listPhones(call: Call): Answer {
  const withStatus = call.query.getAll('expand').join(',').includes('status')
  const wanted = call.query.get('status.operationalStatus')
  const site = call.query.get('site.id')
  const found = [...call.config.users.values()]
    .filter((user) => wanted === null || operationalStatus(user) === wanted)
    .filter((user) => site === null || siteOf(call, user)?.id === site)
    .filter((user) => matchesName(call, phoneName(user)))
    .filter((user) => isOfUser(call, user))
    .sort((a, b) => (a.phoneId < b.phoneId ? -1 : 1))
  return page(
    call,
    found.map((user) => showPhone(call, user, withStatus)),
  )
}

function isOfUser({ query }: Call, { id }: User): boolean {
  const filters = ['webRtcUser.id', 'lines.loggedInUser.id', 'lines.defaultForUser.id']
  return filters.every((filter) => [null, id].includes(query.get(filter)))
}

function phoneName({ extension }: User): string {
  return `phone ${extension}`
}

function operationalStatus({ phoneReachable }: User): string {
  return phoneReachable ? 'OPERATIONAL' : 'OFFLINE'
}

function siteOf({ facts }: Call, user: User): Site | undefined {
  return facts.sites.find(({ name }) => name === user.site)
}

function showPhone(call: Call, user: User, withStatus: boolean): Json {
  const site = siteOf(call, user)
  const person = { id: user.id, name: user.name }
  const line = { id: `${user.phoneId}-1`, name: `line ${user.extension}`, state: 'active' }
  const status = {
    id: user.phoneId,
    operationalStatus: operationalStatus(user),
    edgesStatus: 'IN_SERVICE',
    lineStatuses: [
      {
        id: line.id,
        reachable: user.phoneReachable,
        addressOfRecord: `sip:${user.extension}@lab`,
        contactAddresses: [],
        reachableStateTime: isoTime(user.phoneSince),
      },
    ],
  }
  return {
    id: user.phoneId,
    name: phoneName(user),
    state: 'active',
    ...(site === undefined ? {} : { site: { id: site.id, name: site.name } }),
    phoneBaseSettings: { id: 'lab-phone-base', name: 'WebRTC' },
    lines: [{ ...line, defaultForUser: person, loggedInUser: person }],
    webRtcUser: person,
    ...(withStatus ? { status } : {}),
    selfUri: `${edges}/phones/${user.phoneId}`,
  }
}

function listStations(call: Call): Answer {
  const wanted = call.query.get('webRtcUserId')
  const found = [...call.config.users.values()]
    .filter(({ id }) => wanted === null || wanted === id)
    .sort((a, b) => (a.stationId < b.stationId ? -1 : 1))
  return page(
    call,
    found.map((user) => ({
      id: user.stationId,
      name: `station ${user.extension}`,
      status: user.phoneReachable ? 'ASSOCIATED' : 'AVAILABLE',
      ...(user.phoneReachable ? { userId: user.id } : {}),
      webRtcUserId: user.id,
      type: 'inin_webrtc_softphone',
    })),
  )
}

function withSite(call: Call, use: (site: Site) => Answer): Answer {
  const id = call.params['siteId'] ?? ''
  const site = call.facts.sites.find((each) => each.id === id)
  return site === undefined ? notFound(`site ${id}`) : use(site)
}

function withRoute(call: Call, use: (found: OutboundRoute) => Answer): Answer {
  return withSite(call, (site) => {
    const id = call.params['outboundRouteId'] ?? ''
    const found = routesOf(call, site).find((each) => each.id === id)
    return found === undefined ? notFound(`outbound route ${id} of ${site.name}`) : use(found)
  })
}
