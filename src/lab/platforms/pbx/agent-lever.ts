import type { HttpHandler, HttpRequest } from '../../../protocols/http/transport.ts'
import type { Staff } from '../../agents.ts'
import { fieldsOf, jsonAnswer, readJson } from '../json-answer.ts'

/**
 * What stands in front of the PBX so that agents can be taken out of its queues (D5: a PBX has no call for it):
 * `GET {base}/agents/{extension}`, `PUT` the same with `{"queues": […]}`, `GET {base}/agents?queue=`.
 */
export function createAgentLever(staff: Staff, extensions: readonly string[]): HttpHandler {
  const answer = (request: HttpRequest) => {
    const url = new URL(request.url, 'http://pbx')
    const path = /^(?:.*)\/agents(?:\/([^/]+))?\/?$/.exec(url.pathname)
    if (path === null) return jsonAnswer(404, { message: `nothing at ${url.pathname}` })
    const extension = path[1] === undefined ? undefined : decodeURIComponent(path[1])
    if (extension === undefined) return list(url.searchParams.get('queue'))
    if (request.method === 'PUT') return replace(extension, request.body)
    const agent = staff.read(extension)
    return agent === undefined ? unknown(extension) : jsonAnswer(200, agent)
  }
  const list = (queue: string | null) => {
    const agents = extensions.flatMap((extension) => staff.read(extension) ?? [])
    const chosen = agents.filter(({ queues }) => queue === null || queues.includes(queue))
    return jsonAnswer(200, { agents: chosen })
  }
  const replace = (extension: string, body: string | undefined) => {
    const { queues } = fieldsOf(readJson(body))
    if (!isNames(queues)) return jsonAnswer(400, { message: 'queues: a list of names is wanted' })
    if (!staff.setQueues(extension, queues)) return unknown(extension)
    return jsonAnswer(200, staff.read(extension))
  }
  return (request) => Promise.resolve(answer(request))
}

function unknown(extension: string) {
  return jsonAnswer(404, { message: `no agent has extension ${extension}` })
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}
