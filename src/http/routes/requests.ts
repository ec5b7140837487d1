import type { FastifyInstance } from 'fastify'
import { AskRun } from '../contract/request.ts'
import { routes } from '../contract/routes.ts'
import { BadRequestError } from '../errors.ts'
import { parseBody } from '../parse-body.ts'
import type { ApiParts } from '../ports.ts'
import { nameIn } from './name-in.ts'

/** Longer than a dead runner's lease (8 s) and its longest request (5 s): until then somebody may yet answer. */
const patienceMs = 20_000

export function addRequestRoutes(
  api: FastifyInstance,
  { desk, verbs }: ApiParts,
  closing: AbortSignal,
): void {
  const { askRun } = routes
  api.route({
    method: askRun.method,
    url: askRun.path,
    async handler({ params, body }, reply) {
      const wish = parseBody(AskRun, body)
      if (!verbs.includes(wish.verb)) {
        const known = verbs.join(', ')
        throw new BadRequestError(`a run can’t be asked for that; it takes ${known}`, {
          details: { verbs },
        })
      }
      const enough = AbortSignal.any([closing, AbortSignal.timeout(patienceMs)])
      const answer = await desk.ask(nameIn(params), wish, enough)
      reply.code(answer.answered ? askRun.status : 202)
      return answer
    },
  })
}
