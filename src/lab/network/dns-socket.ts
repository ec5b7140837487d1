import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { DnsHandler } from '../../protocols/dns/transport.ts'

export interface ServedDns {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

const host = '127.0.0.1'
const portAttempts = 20

/** Serves a handler on UDP and TCP of one loopback port; port 0 takes a free one. */
export async function serveDns(handler: DnsHandler, port = 0): Promise<ServedDns> {
  const connections = new Set<Socket>()
  const server = createServer((socket) => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
    serveConnection(socket, handler)
  })
  const { udp, bound } = await bindBoth(server, port)
  udp.on('message', (datagram: Uint8Array, from) => {
    void answer(handler, new Uint8Array(datagram), 'udp', (bytes) =>
      udp.send(bytes, from.port, from.address, ignore),
    )
  })
  return {
    host,
    port: bound,
    async close() {
      for (const connection of connections) connection.destroy()
      const closed = [once(udp, 'close'), once(server, 'close')]
      udp.close()
      server.close()
      await Promise.all(closed)
    },
  }
}

/** A port that is free for TCP may be taken for UDP, so a free one is drawn until both fit. */
async function bindBoth(server: Server, port: number) {
  for (let attempt = 1; ; attempt += 1) {
    const udp = createSocket('udp4')
    try {
      udp.bind(port, host)
      await once(udp, 'listening')
      const bound = udp.address().port
      server.listen(bound, host)
      await once(server, 'listening')
      return { udp, bound }
    } catch (error) {
      closeQuietly(udp)
      if (port !== 0 || attempt === portAttempts) throw error
    }
  }
}

function closeQuietly(udp: UdpSocket): void {
  try {
    udp.close()
  } catch {
    // it was never bound
  }
}

/** RFC 7766 §6.2.1: one connection may carry several questions. */
function serveConnection(socket: Socket, handler: DnsHandler): void {
  let received = Buffer.alloc(0)
  socket.on('error', ignore)
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0)
      const message = new Uint8Array(received.subarray(2, end))
      received = received.subarray(end)
      void answer(handler, message, 'tcp', (bytes) => {
        const length = Buffer.alloc(2)
        length.writeUInt16BE(bytes.length)
        socket.write(Buffer.concat([length, bytes]))
      })
    }
  })
}

async function answer(
  handler: DnsHandler,
  message: Uint8Array,
  protocol: 'udp' | 'tcp',
  send: (bytes: Uint8Array) => void,
): Promise<void> {
  const bytes = await handler(message, protocol)
  if (bytes !== undefined) send(bytes)
}

/** A peer that went away is its own affair. */
function ignore(): void {
  return
}
