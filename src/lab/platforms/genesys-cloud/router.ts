import type { Operation } from './operation.ts'

export interface Match {
  readonly operation: Operation
  readonly params: Readonly<Record<string, string>>
}

/** Finds the operation of a method and a path; a fixed segment goes before a parameter. */
export function createRouter(
  operations: readonly Operation[],
): (method: string, path: string) => Match | undefined {
  const routes = operations.map((operation) => {
    const [method = '', template = ''] = operation.name.split(' ')
    return { operation, method, segments: template.split('/') }
  })
  routes.sort((a, b) => parameterCount(a.segments) - parameterCount(b.segments))
  return (method, path) => {
    const segments = path.split('/')
    for (const route of routes) {
      if (route.method !== method) continue
      const params = matchSegments(route.segments, segments)
      if (params !== undefined) return { operation: route.operation, params }
    }
    return undefined
  }
}

function parameterCount(segments: readonly string[]): number {
  return segments.filter((segment) => segment.startsWith('{')).length
}

function matchSegments(
  template: readonly string[],
  given: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (template.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, segment] of template.entries()) {
    const value = given[index] ?? ''
    if (segment.startsWith('{')) params[segment.slice(1, -1)] = decoded(value)
    else if (segment !== value) return undefined
  }
  return params
}

/** What can't be decoded stays as it is: it will be found nowhere. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
