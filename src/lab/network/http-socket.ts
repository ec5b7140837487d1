import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { HttpHandler, HttpRequest, HttpResponse } from '../../protocols/http/transport.ts'

/** A handler behind a real socket on loopback. */
export interface HttpSocketServer {
  /** `http://127.0.0.1:port` */
  readonly url: string
  close(): Promise<void>
}

/** Milliseconds until an idle connection is closed. */
const idleTimeout = 60_000

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const

/**
 * Serves a handler over HTTP on 127.0.0.1. A response with the status 0 breaks the connection instead.
 *
 * @param port a free one when absent
 */
export async function serveHttp(handler: HttpHandler, port = 0): Promise<HttpSocketServer> {
  const server = createServer((incoming, outgoing) => {
    answerOne(handler, incoming, outgoing).catch(() => incoming.socket.destroy())
  })
  // As a vendor's load balancer does, and not Node's five seconds: a request of a process that was frozen arrives.
  server.keepAliveTimeout = idleTimeout
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  return {
    url: `http://127.0.0.1:${bound}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answerOne(
  handler: HttpHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const request = await readRequest(incoming)
  if (request === undefined) {
    outgoing.writeHead(405).end()
    return
  }
  send(await handler(request), incoming, outgoing)
}

async function readRequest(incoming: IncomingMessage): Promise<HttpRequest | undefined> {
  const method = methods.find((each) => each === incoming.method)
  if (method === undefined) return undefined
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk))
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      [value ?? ''].flat().join(', '),
    ]),
  )
  const body = Buffer.concat(chunks).toString('utf8')
  const url = `http://${headers['host'] ?? '127.0.0.1'}${incoming.url ?? '/'}`
  return { method, url, headers, ...(body === '' ? {} : { body }) }
}

function send(response: HttpResponse, incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (response.status === 0) {
    incoming.socket.destroy()
    return
  }
  outgoing.writeHead(response.status, response.headers).end(response.body)
}
