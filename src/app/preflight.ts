import type { Site } from '../features/plan/index.ts'
import type { Capability, Need } from '../features/platform/index.ts'
import { formatDuration } from '../kernel/duration.ts'
import type { PlatformId, WaveId } from '../kernel/ids.ts'
import { epochMs, type Milliseconds } from '../kernel/units.ts'
import { ask, type PreflightParts, type PreflightRow } from './preflight-question.ts'
import { siteNeeds } from './preflight-site.ts'

/** Tries everything that the wave will need, on the real servers; changes nothing. */
export async function runPreflight(
  parts: PreflightParts,
  wave: WaveId,
): Promise<readonly PreflightRow[]> {
  const { plan } = parts
  const sites = (plan.waves[wave]?.sites ?? [])
    .map((id) => plan.sites[id])
    .filter((site): site is Site => site !== undefined)
  const platforms = [...new Set(sites.flatMap(({ from, to }) => [from, to]))]
  const targets = new Set(sites.map(({ to }) => to))
  const rows = await Promise.all([
    ...platforms.map((id) => platformNeeds(parts, id, targets)),
    ...sites.map((site) => siteNeeds(parts, site)),
    crmNeeds(parts, sites),
  ])
  return rows.flat()
}

/**
 * What a wave asks of its target, port by port: every right of each is probed (P1.1). The source is
 * asked for nothing here: a dispatcher can't say whether it would take a change without making one.
 */
const targetOperations: readonly Capability[] = [
  'trunks',
  'inboundNumbers',
  'queues',
  'agents',
  'licences',
  'shares',
  'outboundRoutes',
  'statistics',
  'liveCalls',
]

async function platformNeeds(
  parts: PreflightParts,
  id: PlatformId,
  targets: ReadonlySet<PlatformId>,
): Promise<readonly PreflightRow[]> {
  const { ports, signal } = parts
  const platform = ports.platforms.get(id)
  const area = `platform ${id}`
  const account = platform.ports.account
  const rights =
    account === undefined
      ? [
          {
            area,
            what: 'account',
            state: 'unknown',
            because: platform.lacks.account ?? 'it has no account to ask',
          } as const,
        ]
      : await ask(area, 'account', () =>
          account.check(targets.has(id) ? targetOperations : [], signal),
        )
  const clock =
    account === undefined
      ? []
      : await ask(area, 'clock', async () => [
          offsetNeed(await account.clockOffset(signal), parts.clockTolerance),
        ])
  const gateway = await ask(area, 'gateway answers OPTIONS', async () => {
    const answer = await ports.sip.options(platform.gateway, signal)
    const what = `gateway ${platform.gateway.host} answers OPTIONS`
    return answer.kind === 'answered'
      ? [{ what, state: 'had', because: `${answer.status} in ${formatDuration(answer.roundTrip)}` }]
      : [{ what, state: 'missing', because: answer.because }]
  })
  return [...rights, ...clock, ...gateway]
}

function offsetNeed(offset: Milliseconds, tolerance: Milliseconds): Need {
  const what = 'clocks in step'
  const because = `${Math.round(offset)} ms apart`
  return { what, state: Math.abs(offset) <= tolerance ? 'had' : 'missing', because }
}

function crmNeeds(parts: PreflightParts, sites: readonly Site[]): Promise<readonly PreflightRow[]> {
  const { ports, clock, signal } = parts
  const { crm } = ports
  const [site] = sites
  if (crm === undefined || site === undefined) {
    return Promise.resolve([
      {
        area: 'crm',
        what: 'CRM results',
        state: 'unknown',
        because: 'the plan names no CRM: its part of validation can’t be judged',
      },
    ])
  }
  return ask('crm', 'CRM answers', async () => {
    const now = clock.now()
    const hour = { from: epochMs(now - 3_600_000), to: now }
    const of = { site: site.id, platform: site.to, ...hour }
    const { total, failed } = await crm.upserts(of, signal)
    return [
      {
        what: 'CRM answers',
        state: 'had',
        because: `${total} upserts of calls at ${site.to} in the last hour, ${failed} failed`,
      },
    ]
  })
}
