import type { HttpTransport } from '../../src/protocols/http/transport.ts'

/** Requests that went past, by what they ask for: ids in paths are one and the same. */
export interface CountedCalls {
  readonly transport: HttpTransport
  /** How many of them there were, or of those whose name a pattern finds. */
  count(pattern?: RegExp): number
  /** `GET /api/v2/users/{id}/queues` and how often, the most frequent first. */
  table(): readonly (readonly [string, number])[]
  reset(): void
}

const ids = /\/(?:[0-9a-f]{8}-[0-9a-f-]{27}|\d{3,})(?=\/|$)/g

/** A transport that counts what it carries, below the adapters: what the far side is really asked. */
export function countCalls(carry: HttpTransport): CountedCalls {
  const counts = new Map<string, number>()
  return {
    transport(request, limits) {
      const { host, pathname } = new URL(request.url)
      const name = `${request.method} ${host}${pathname.replace(ids, '/{id}')}`
      counts.set(name, (counts.get(name) ?? 0) + 1)
      return carry(request, limits)
    },
    count: (pattern = /./) =>
      [...counts].reduce((sum, [name, times]) => (pattern.test(name) ? sum + times : sum), 0),
    table: () => [...counts].toSorted(([, a], [, b]) => b - a),
    reset: () => counts.clear(),
  }
}
