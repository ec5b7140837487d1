import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { routes } from '../contract/routes.ts'
import { eventStream } from '../event-stream.ts'
import { parseBody } from '../parse-body.ts'
import type { ApiParts } from '../ports.ts'
import { nameIn } from './name-in.ts'

const Place = z.object({ 'last-event-id': z.coerce.number().int().nonnegative().default(0) })

export function addJournalRoutes(api: FastifyInstance, { desk }: ApiParts, closing: AbortSignal) {
  const { journal, events } = routes
  api.route({
    method: journal.method,
    url: journal.path,
    handler: async ({ params }) => ({ entries: await desk.journal(nameIn(params)) }),
  })
  api.route({
    method: events.method,
    url: events.path,
    async handler({ params, headers }, reply) {
      const after = parseBody(Place, headers)['last-event-id']
      // A name that nobody has is said as such, before the stream begins.
      const { run } = await desk.show(nameIn(params))
      const over = new AbortController()
      const news = desk.follow(run, after, AbortSignal.any([over.signal, closing]))
      reply.header('cache-control', 'no-store').type('text/event-stream')
      return reply.send(eventStream(news, () => over.abort()))
    },
  })
}
