import type { RunStore } from '../../src/engine/ports.ts'
import { dnsOpcode } from '../../src/protocols/dns/codes.ts'
import type { HttpRequest, HttpTransport } from '../../src/protocols/http/transport.ts'
import { Killed } from './crashing-store.ts'
import type { LabProduct } from './lab-product.ts'

/** Where a process dies: at its nth journal append or its nth write to a vendor or a name server, just before it or just after. */
export interface Death {
  readonly at: 'append' | 'write'
  readonly nth: number
  readonly moment: 'before' | 'after'
}

/** What a process that will die is given instead of the product's own store and way to the world. */
export interface Mortal {
  readonly store: RunStore
  readonly transports: {
    readonly http: HttpTransport
    readonly dns: LabProduct['transports']['dns']
  }
  /** How often it has done what it dies of. */
  count(): number
}

/**
 * Dead is dead: from the moment on every call of the process fails, to its store as to any vendor, and
 * nothing it holds is let go of. `Infinity` counts only.
 */
export function mortal({ store, transports }: LabProduct, death: Death): Mortal {
  let count = 0
  let isDead = false
  const alive = () => {
    if (isDead) throw new Killed(`killed ${death.moment} ${death.at} ${death.nth}`)
  }
  const live = async <Answer>(action: () => Promise<Answer>): Promise<Answer> => {
    alive()
    const answer = await action()
    alive()
    return answer
  }
  const risk = async <Answer>(what: Death['at'], action: () => Promise<Answer>) => {
    alive()
    if (what !== death.at) return live(action)
    count += 1
    if (count < death.nth) return live(action)
    if (death.moment === 'after') await action()
    isDead = true
    throw new Killed(`killed ${death.moment} ${death.at} ${death.nth}`)
  }
  return {
    count: () => count,
    store: {
      ...store,
      append: (...entries) => risk('append', () => store.append(...entries)),
      claim: (...wish) => live(() => store.claim(...wish)),
      confirm: (lease) => live(() => store.confirm(lease)),
      renew: (...lease) => live(() => store.renew(...lease)),
      release: (...lease) => live(() => store.release(...lease)),
      readJournal: (...asked) => live(() => store.readJournal(...asked)),
    },
    transports: {
      http: (request, limits) => {
        const send = () => transports.http(request, limits)
        return isWrite(request) ? risk('write', send) : live(send)
      },
      dns: {
        exchange(server, message, options) {
          const send = () => transports.dns.exchange(server, message, options)
          return isUpdate(message) ? risk('write', send) : live(send)
        },
      },
    },
  }
}

/** RFC 1035 §4.1.1, RFC 2136 §1.3: the operation code is in four bits of the third byte. */
function isUpdate(message: Uint8Array): boolean {
  return (((message[2] ?? 0) >> 3) & 0xf) === dnsOpcode.UPDATE
}

/** Searches and sign-ins are posted too, and so are an SBC's reads. */
function isWrite({ method, url, body = '' }: HttpRequest): boolean {
  if (method === 'GET') return false
  const { pathname } = new URL(url)
  if (pathname === '/RPC') return body.includes('set_state')
  return !/\/(query|search|token)$/.test(pathname)
}
