import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'

/** Whether a request may be answered that names this host: an address, this machine, or what the server was told to be. */
export function isOwnHost(header: string | undefined, listening: string): boolean {
  const host = hostOf(header ?? '')
  return isIP(host) !== 0 || host === 'localhost' || host === listening.toLowerCase()
}

/** `name:8080`, `name`, `[::1]:8080` → the host alone. */
function hostOf(header: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(header)?.[1]
  return (bracketed ?? header.replace(/:\d*$/, '')).toLowerCase()
}

/** Whether the header carries the token; takes equally long however much of it is right. */
export function hasToken(header: string | undefined, token: string): boolean {
  const given = /^Bearer (.+)$/i.exec(header ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Whether only this machine reaches what listens there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}
