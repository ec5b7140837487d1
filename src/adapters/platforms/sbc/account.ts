import {
  type Account,
  type Need,
  NotFoundError,
  UnexpectedAnswerError,
} from '../../../features/platform/index.ts'
import { ChangeoverError } from '../../../kernel/errors.ts'
import { type EpochMs, epochMs } from '../../../kernel/units.ts'
import type { HttpClient } from '../../http-client/index.ts'
import { isRefusal, type Sbc } from './client.ts'
import { clockOffsetFrom } from './mapping.ts'
import { anything, dialogStatistics, dispatcherList, uptime } from './schema.ts'

interface Probe {
  readonly what: string
  /** Operations that need it; all where it is absent. */
  readonly of?: RegExp
  readonly todo: string
  ask(signal: AbortSignal): Promise<string>
}

const nobody = 'changeover-preflight'

/**
 * Whether what a run needs is there, and lets us in. Kamailio knows no rights, and a change can't be tried
 * without making it; so the writes are tried without a destination, and on an agent that does not exist.
 */
export function createAccount(sbc: Sbc, agents?: HttpClient): Account {
  const probes = [...rpcProbes(sbc), ...(agents === undefined ? [] : [agentsProbe(agents)])]
  return {
    async check(operations, signal) {
      const needs: Need[] = []
      for (const probe of probes) {
        const { of } = probe
        if (of === undefined || operations.some((operation) => of.test(operation)))
          needs.push(await probed(probe, signal))
      }
      return needs
    },
    rateLimit: () => Promise.resolve(undefined),
    async clockOffset(signal) {
      const { id, rpc, wireClock } = sbc
      const before = wireClock.now()
      const { now } = await rpc.read('core.uptime', uptime, signal)
      const offset = clockOffsetFrom(now, middle(before, wireClock.now()))
      if (offset === undefined)
        throw new UnexpectedAnswerError(
          `SBC ${id}: core.uptime says ${now.slice(0, 60)}, which is no time`,
        )
      return offset
    },
  }
}

function rpcProbes({ rpc }: Sbc): readonly Probe[] {
  const load = (module: string) => `kamailio.cfg: load ${module}, and let ${module}.* through /RPC`
  return [
    {
      what: 'dispatcher.list',
      todo: load('dispatcher'),
      ask: (signal) => rpc.read('dispatcher.list', dispatcherList, signal).then(() => 'answered'),
    },
    {
      what: 'dlg.stats_active',
      todo: load('dialog'),
      ask: (signal) =>
        rpc.read('dlg.stats_active', dialogStatistics, signal).then(() => 'answered'),
    },
    {
      what: 'dispatcher.set_state',
      of: /^trunks(?:\.setEnabled)?$/,
      todo: load('dispatcher'),
      async ask(signal) {
        try {
          await rpc.read('dispatcher.set_state', anything, signal)
        } catch (error) {
          if (!isUnspecified(error)) throw error
          return 'let us in, and asked for its parameters'
        }
        throw new UnexpectedAnswerError(
          'dispatcher.set_state says that it set the state of no destination at all',
        )
      },
    },
  ]
}

/** README.md: a PUT for somebody who is not there is 404, and changes nothing. */
function agentsProbe(http: HttpClient): Probe {
  const what = 'PUT of the PBX agents'
  return {
    what,
    of: /^queues(?:\.(?:set|remove)Members)?$/,
    todo: 'the service in front of the PBX (agents: by: rest): its address and token',
    async ask(signal) {
      const call = { method: 'PUT', path: `/${nobody}`, body: { queues: [] } } as const
      try {
        await http.read(call, anything, signal)
      } catch (error) {
        if (error instanceof NotFoundError) return `let us in, and knows no agent ${nobody}`
        throw error
      }
      throw new UnexpectedAnswerError(`${what} took a change of ${nobody}, whom it can't know`)
    },
  }
}

/** What Kamailio says to whom it lets in, and who names no state, set and destination. */
function isUnspecified(error: unknown): boolean {
  const said = error instanceof UnexpectedAnswerError ? error.details['rpc'] : undefined
  return typeof said === 'string' && /invalid parameters/i.test(said)
}

async function probed({ what, todo, ask }: Probe, signal: AbortSignal): Promise<Need> {
  try {
    return { what, state: 'had', because: `${what}: ${await ask(signal)}` }
  } catch (error) {
    if (!(error instanceof ChangeoverError)) throw error
    if (isRefusal(error)) return { what, state: 'missing', because: error.message, todo }
    const state = error.remedy === 'operator' ? 'unknown' : 'unreachable'
    return { what, state, because: error.message, todo }
  }
}

const middle = (a: EpochMs, b: EpochMs) => epochMs((a + b) / 2)
