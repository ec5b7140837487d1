import { createSocket } from 'node:dgram'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'

export type Kind = 'udp' | 'tcp'

const loopback = '127.0.0.1'
/** Below those that systems give to whoever asks for any: no connection takes a port that was drawn here. */
const [lowest, highest] = [10_000, 32_000]

/** Nobody may listen there yet. */
const drawn = new Set<number>()

/**
 * Free for UDP and TCP on this loopback address: for programs that can't take port 0 and say which they got.
 *
 * Drawn at random, since test files run beside each other: who counts up meets another who counts.
 */
export async function freePort(host = loopback): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest))
    if (drawn.has(port)) continue
    if (!((await isFree('udp', port, host)) && (await isFree('tcp', port, host)))) continue
    drawn.add(port)
    return port
  }
}

function isFree(kind: Kind, port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    if (kind === 'udp') {
      const socket = createSocket('udp4')
      socket.once('error', () => resolve(false))
      socket.bind(port, host, () => socket.close(() => resolve(true)))
      return
    }
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}

/**
 * Whether somebody listens there by now. Linux tells; elsewhere it is tried, at the risk of holding the port
 * in the very moment in which a program wants it.
 */
export async function isListening(kind: Kind, port: number): Promise<boolean> {
  const table = await readFile(`/proc/net/${kind}`, 'utf8').catch(() => undefined)
  if (table === undefined) return !(await isFree(kind, port, loopback))
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  // proc(5): number, local address, remote address, state. 0A listens; 07 is all that UDP knows.
  return table.split('\n').some((line) => {
    const [, address = '', , state = ''] = line.trim().split(/\s+/)
    return address.endsWith(local) && (kind === 'udp' || state === '0A')
  })
}
