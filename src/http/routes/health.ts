import type { FastifyInstance } from 'fastify'
import { routes } from '../contract/routes.ts'
import type { Health } from '../contract/server.ts'
import type { ApiParts } from '../ports.ts'

export function addHealthRoutes(api: FastifyInstance, { isReady, facts }: ApiParts): void {
  const { health, server } = routes
  api.route({
    method: health.method,
    url: health.path,
    async handler(_, reply): Promise<Health> {
      const status = (await isReady()) ? 'ready' : 'not-ready'
      reply.code(status === 'ready' ? health.status : 503)
      return { status }
    },
  })
  api.route({ method: server.method, url: server.path, handler: () => Promise.resolve(facts) })
}
