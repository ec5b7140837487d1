import { afterEach, expect, it } from 'vitest'
import type { HttpHandler } from '../../protocols/http/transport.ts'
import { type HttpSocketServer, serveHttp } from './http-socket.ts'

let server: HttpSocketServer | undefined

afterEach(async () => {
  await server?.close()
})

async function serve(handler: HttpHandler): Promise<string> {
  server = await serveHttp(handler)
  return server.url
}

it('hands the whole request to the handler and its answer back', async () => {
  const url = await serve(({ method, url: asked, headers, body }) => {
    const seen = { method, asked, name: headers['x-name'], body }
    return Promise.resolve({ status: 201, headers: { 'x-lab': 'yes' }, body: JSON.stringify(seen) })
  })
  const init = { method: 'PUT', headers: { 'X-Name': 'a' }, body: 'ü'.repeat(100_000) }
  const answer = await fetch(`${url}/path?q=1`, init)
  expect([answer.status, answer.headers.get('x-lab')]).toEqual([201, 'yes'])
  expect(await answer.json()).toEqual({
    method: 'PUT',
    asked: `${url}/path?q=1`,
    name: 'a',
    body: init.body,
  })
})

it('breaks the connection for the status 0, and when the handler fails', async () => {
  const dropping = await serve(() => Promise.resolve({ status: 0, headers: {}, body: '' }))
  await expect(fetch(dropping)).rejects.toThrow('fetch failed')
  await server?.close()
  const failing = await serve(() => Promise.reject(new Error('broken lab')))
  await expect(fetch(failing)).rejects.toThrow('fetch failed')
})

it('refuses other methods, and is gone once it is closed', async () => {
  const url = await serve(() => Promise.resolve({ status: 200, headers: {}, body: '' }))
  expect((await fetch(url, { method: 'OPTIONS' })).status).toBe(405)
  await server?.close()
  await expect(fetch(url)).rejects.toThrow('fetch failed')
})
