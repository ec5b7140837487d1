import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { RtpPortError } from './errors.ts'
import { isRtcp } from './packet.ts'
import type { MediaTransport } from './transport.ts'

type Listener = Parameters<MediaTransport['onPacket']>[0]

/** Where pairs of ports are looked for; a trunk's own range where its firewall has one (H1.1). */
export interface PortRange {
  readonly from: number
  readonly to: number
}

const anyPort: PortRange = { from: 16_384, to: 32_766 }

/**
 * A pair of UDP ports, the even one for RTP (RFC 3550 §11).
 *
 * @throws {RtpPortError} when every pair of the range is taken
 */
export async function openMediaTransport(options: {
  readonly host: string
  readonly range?: PortRange
  /** Draws where to begin, so that two who open at once don't meet. */
  readonly draw: (below: number) => number
}): Promise<MediaTransport> {
  const { host, range = anyPort, draw } = options
  const first = range.from + (range.from % 2)
  const pairs = Math.max(0, Math.floor((range.to - first + 1) / 2))
  const begin = draw(Math.max(1, pairs))
  for (let tried = 0; tried < pairs; tried += 1) {
    const port = first + 2 * ((begin + tried) % pairs)
    const pair = await openPair(host, port)
    if (pair !== undefined) return transportOver(pair, { host, port })
  }
  throw new RtpPortError(`no pair of ports is free on ${host} from ${range.from} to ${range.to}`)
}

async function openPair(
  host: string,
  port: number,
): Promise<readonly [Socket, Socket] | undefined> {
  const media = await bind(host, port)
  if (media === undefined) return undefined
  const control = await bind(host, port + 1)
  if (control !== undefined) return [media, control]
  media.close()
  return undefined
}

function bind(host: string, port: number): Promise<Socket | undefined> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close()
      resolve(undefined)
    })
    socket.bind(port, host, () => {
      socket.removeAllListeners('error')
      // Media that reaches nobody comes back as an error of the port: what is missing at the far side tells, too.
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })
}

function transportOver(
  [media, control]: readonly [Socket, Socket],
  local: MediaTransport['local'],
): MediaTransport {
  const listeners = new Set<Listener>()
  for (const socket of [media, control]) {
    socket.on('message', (packet, { address: host, port }) => {
      const at = performance.now()
      for (const listener of [...listeners]) listener(packet, { host, port }, at)
    })
  }
  let closing: Promise<unknown> | undefined
  return {
    local,
    send: (packet, to) => sendTo(isRtcp(packet) ? control : media, packet, to),
    onPacket(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      closing ??= Promise.all(
        [media, control].map((socket) => new Promise<void>((done) => socket.close(() => done()))),
      )
      await closing
    },
  }
}

/** What can't be sent is lost, as it may be on the way. */
function sendTo(
  socket: Socket,
  packet: Uint8Array,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve) => {
    try {
      socket.send(packet, port, host, () => resolve())
    } catch {
      resolve()
    }
  })
}
