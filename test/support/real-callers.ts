import { Resolver } from 'node:dns/promises'
import { epochMs } from '../../src/kernel/units.ts'
import type { EstateSite } from '../../src/lab/estate.ts'
import { admitByShare } from '../../src/lab/share-admission.ts'
import type { DnsServer } from '../../src/protocols/dns/transport.ts'
import type { RealSip } from './real-sip.ts'
import type { RealTarget } from './real-target.ts'

export interface CallersParts {
  readonly sites: readonly EstateSite[]
  readonly target: Pick<RealTarget, 'org' | 'crm'>
  /** Where the carriers ask for a site's record, each at one of them. */
  readonly resolvers: readonly DnsServer[]
  /** The target's gateway: calls whose record leads to its port are the target's. */
  readonly gatewayPort: number
  readonly notes: RealSip['notes']
  /** Whether the CRM takes what is written of a site's call, at this share (0 to 1) of its callers. */
  readonly crmTakes: (site: string, share: number) => boolean
}

export interface Callers {
  /** Callers whom the target took. */
  taken(): number
  /** Why callers whom a record had led to the target were lost there; empty when nobody was. */
  lost(): readonly string[]
  close(): Promise<void>
}

const tickMs = 50
/** Of each site and each resolver: enough for a gate of two seconds. */
const callsPerTick = 2
const noteEveryMs = 20
const lookUpEveryMs = 200

/** One carrier: a site's callers by one resolver. */
interface Carrier {
  readonly site: EstateSite
  readonly resolver: DnsServer
  leadsToTarget: boolean
}

/**
 * Callers as statistics know them: each follows the site's record as a resolver has it, and at the target
 * trunk, binding, share and agents decide what becomes of him. Calls to the real gateway get their record too.
 */
export function startCallers(parts: CallersParts): Callers {
  const carriers = parts.sites.flatMap((site) =>
    parts.resolvers.map((resolver): Carrier => ({ site, resolver, leadsToTarget: false })),
  )
  const lost: string[] = []
  let count = 0
  let taken = 0
  const call = () => {
    for (const { site, leadsToTarget } of carriers) {
      for (let each = 0; leadsToTarget && each < callsPerTick; each += 1) {
        count += 1
        const loss = placeCall(parts, site, count)
        if (loss === undefined) taken += 1
        else lost.push(`${site.id}: ${loss}`)
      }
    }
  }
  const loops = [
    repeat(tickMs, call),
    repeat(noteEveryMs, async () => {
      for (const note of await parts.notes()) recordNote(parts, note)
    }),
    repeat(lookUpEveryMs, async () => {
      await Promise.all(carriers.map((carrier) => lookUp(carrier, parts.gatewayPort)))
    }),
  ]
  return {
    taken: () => taken,
    lost: () => lost,
    async close() {
      await Promise.all(loops.map((stop) => stop()))
    },
  }
}

/** One after the other, never two at once. */
function repeat(everyMs: number, work: () => void | Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  const run = async () => {
    await work()
    running = undefined
  }
  const timer = setInterval(() => {
    running ??= run()
  }, everyMs)
  return async () => {
    clearInterval(timer)
    await running
  }
}

async function lookUp(carrier: Carrier, gatewayPort: number): Promise<void> {
  const { host, port } = carrier.resolver
  const resolver = new Resolver({ timeout: 1000, tries: 1 })
  resolver.setServers([`${host}:${port}`])
  // A carrier that finds nothing for once sends its callers where the last one went.
  const [first] = await resolver.resolveSrv(carrier.site.record.name).catch(() => [])
  if (first !== undefined) carrier.leadsToTarget = first.port === gatewayPort
}

/** What became of one caller at the target: undefined when he was answered or given back, else why he was lost. */
function placeCall(
  { target, crmTakes }: CallersParts,
  site: EstateSite,
  count: number,
): string | undefined {
  const { org, crm } = target
  const dnis = site.numbers[count % site.numbers.length]?.dnis ?? ''
  const from = `${site.callerPrefix}${String(count % 10_000).padStart(4, '0')}`
  const admission = admitByShare(org, { dnis, caller: from })
  if (admission.kind === 'rejected') return `${admission.status} ${admission.reason}`
  const [at, call] = [epochMs(Date.now()), `caller-${count}`]
  org.record({ kind: 'offered', call, sipCallId: call, from, dnis, at })
  if (!admission.isKept) {
    org.record({ kind: 'returned', call, at })
    org.record({ kind: 'ended', call, at, how: 'completed' })
    return undefined
  }
  const { queue } = admission
  org.record({ kind: 'queued', call, queue, at })
  const [agent] = org.routableAgents(queue)
  if (agent === undefined) {
    org.record({ kind: 'ended', call, at, how: 'abandoned' })
    return `nobody on queue in ${queue}`
  }
  org.record({ kind: 'answered', call, agent, at })
  org.record({ kind: 'ended', call, at, how: 'completed' })
  const succeeds = crmTakes(site.id, admission.keptShare)
  crm.upsert(site.id, { at, side: 'genesys-cloud', succeeds })
  return undefined
}

/** A call that the real gateway took is a conversation only where the organisation would have kept it. */
function recordNote({ target }: CallersParts, note: string): void {
  const [kind, call = '', from = '', dnis = ''] = note.split(' ')
  const at = epochMs(Date.now())
  if (kind === 'ended') {
    target.org.record({ kind: 'ended', call, at, how: 'test' })
    return
  }
  const admission = admitByShare(target.org, { dnis, caller: from })
  if (admission.kind === 'flow' && admission.isKept)
    target.org.record({ kind: 'offered', call, sipCallId: call, from, dnis, at })
}
