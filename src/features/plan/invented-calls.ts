interface InventedCall {
  readonly method: string
  readonly path: RegExp
  readonly real: string
}

/** Calls that the guides print and no vendor has, with the real one that stands for each (D5). */
const inventedCalls: readonly InventedCall[] = [
  {
    method: 'PUT',
    path: /^\/api\/v1\/zones\/[^/]+\/records\//,
    real: "the DNS provider's own change: an RFC 2136 UPDATE with TSIG, conditional on what was read",
  },
  {
    method: 'PATCH',
    path: /^\/api\/v2\/telephony\/providers\/edge\/trunks\//,
    real: 'PUT /api/v2/telephony/providers/edges/trunkbasesettings/{id} with version and properties.trunk_enabled; trunks themselves are read-only',
  },
  {
    method: 'GET',
    path: /^\/api\/v2\/telephony\/providers\/edge\/endpoints\b/,
    real: 'GET /api/v2/telephony/providers/edges/phones?expand=status&site.id=…, field status.lineStatuses[].reachable',
  },
  {
    method: 'PATCH',
    path: /^\/api\/v2\/routing\/queues\/[^/]+$/,
    real: 'POST or PATCH /api/v2/routing/queues/{queueId}/members, 100 at a time; the share of callers is a data table row',
  },
  {
    method: 'GET',
    path: /^\/api\/v2\/analytics\/routing\/queues\/realtime\b/,
    real: 'POST /api/v2/analytics/queues/observations/query',
  },
]

/** The real call for an invented one; undefined when the call is not known to be invented. */
export function realCallFor(method: string, path: string): string | undefined {
  return inventedCalls.find((call) => call.method === method.toUpperCase() && call.path.test(path))
    ?.real
}
