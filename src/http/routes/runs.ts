import type { FastifyInstance } from 'fastify'
import { routes } from '../contract/routes.ts'
import { StartRun } from '../contract/run.ts'
import { parseBody } from '../parse-body.ts'
import type { ApiParts } from '../ports.ts'
import { nameIn } from './name-in.ts'

export function addRunRoutes(api: FastifyInstance, { desk }: ApiParts): void {
  const { listRuns, startRun, showRun } = routes
  api.route({
    method: listRuns.method,
    url: listRuns.path,
    handler: async () => ({ runs: await desk.list() }),
  })
  api.route({
    method: startRun.method,
    url: startRun.path,
    async handler({ body }, reply) {
      const started = await desk.start(parseBody(StartRun, body))
      reply.code(startRun.status)
      return started
    },
  })
  api.route({
    method: showRun.method,
    url: showRun.path,
    handler: ({ params }) => desk.show(nameIn(params)),
  })
}
