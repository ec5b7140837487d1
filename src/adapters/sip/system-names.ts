import { lookup, Resolver } from 'node:dns/promises'
import { SipNameUnansweredError } from '../../protocols/sip/errors.ts'
import type { SipNames } from '../../protocols/sip/resolve-target.ts'

/** How long one question waits, and how often it is asked. */
const patience = { timeout: 2500, tries: 2 }

/** What DNS says when there is no such record: an answer. */
const nothing = new Set(['ENODATA', 'ENOTFOUND'])

/**
 * Names as this machine knows them, its own table of hosts included; or as `servers` (`host` or `host:port`,
 * addresses only) answer, to see what a site's resolver sees.
 */
export function createSystemNames(servers?: readonly string[]): SipNames {
  const resolver = new Resolver(patience)
  if (servers !== undefined) resolver.setServers(servers)
  const ask = async <Answer>(name: string, question: Promise<readonly Answer[]>) => {
    try {
      return await question
    } catch (cause) {
      if (nothing.has(codeOf(cause))) return []
      const asked = resolver.getServers().join(', ')
      const problem = `DNS did not answer for ${name} (${codeOf(cause)}; asked ${asked})`
      throw new SipNameUnansweredError(problem, { cause })
    }
  }
  return {
    naptr: (name) => ask(name, resolver.resolveNaptr(name)),
    async srv(name) {
      const records = await ask(name, resolver.resolveSrv(name))
      return records.map(({ name: target, ...rest }) => ({ ...rest, target }))
    },
    async addresses(name) {
      if (servers === undefined) {
        const found = await ask(name, lookup(name, { all: true }))
        return found.map(({ address }) => address)
      }
      const [four, six] = await Promise.all([
        ask(name, resolver.resolve4(name)),
        ask(name, resolver.resolve6(name)),
      ])
      return [...four, ...six]
    },
  }
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown)
}
