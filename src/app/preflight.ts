import type { PlannedStep } from '../engine/runbook.ts'
import type { Attest, Plan, Site } from '../features/plan/index.ts'
import { compileWave, judgeWindow, type WindowOutlook } from '../features/waves/index.ts'
import { runId, type WaveId } from '../kernel/ids.ts'
import { epochMs } from '../kernel/units.ts'
import { databaseNeeds } from './preflight-database.ts'
import { platformNeeds } from './preflight-platform.ts'
import { ask, type PreflightParts, type PreflightRow } from './preflight-question.ts'
import { siteNeeds } from './preflight-site.ts'

/**
 * Tries everything that the wave will need, on the real servers; changes nothing. Which rights those are
 * follows from the compiled wave: no step is left out.
 */
export async function runPreflight(
  parts: PreflightParts,
  wave: WaveId,
): Promise<readonly PreflightRow[]> {
  const { plan } = parts
  const sites = (plan.waves[wave]?.sites ?? [])
    .map((id) => plan.sites[id])
    .filter((site): site is Site => site !== undefined)
  let steps: Steps = []
  const compiled = await ask('wave', `steps of wave ${wave}`, () => {
    steps = compileSteps(plan, wave)
    return Promise.resolve([])
  })
  const platforms = [...new Set(sites.flatMap(({ from, to }) => [from, to]))]
  const rows = await Promise.all([
    ...platforms.map((id) => platformNeeds(parts, id, steps)),
    ...sites.map((site) => siteNeeds(parts, site)),
    crmNeeds(parts, sites),
    databaseNeeds(parts),
  ])
  const window = windowRow(judgeWindow(plan, wave, parts.clock.now()), wave)
  const attests = [...(plan.attest ?? []), ...sites.flatMap((site) => attestedByHand(plan, site))]
  return attestRows([compiled, window, ...rows].flat(), attests)
}

/** A window that is over is missing; a start that may be too late is told of, and the run's own look at its window decides. */
export function windowRow(
  window: WindowOutlook | undefined,
  wave: WaveId,
): readonly PreflightRow[] {
  if (window === undefined) return []
  const state = { past: 'missing', late: 'had', fits: 'had' } as const
  const todo = `waves.${wave}.window in the plan: the year, the day, or a later window`
  const { kind, because } = window
  return [{ area: `wave ${wave}`, what: 'window', state: state[kind], because, todo }]
}

type Steps = readonly Pick<PlannedStep, 'kind' | 'input' | 'title'>[]

function compileSteps(plan: Plan, wave: WaveId): Steps {
  const { steps, guards } = compileWave(plan, wave, { run: runId('preflight') })
  return [...steps, ...guards]
}

/**
 * What nothing can be asked for, but a person has looked at and said so in the plan, counts as had, and is shown
 * so. What can be asked, and only did not answer, stays what it is, whatever the plan says.
 */
export function attestRows(
  rows: readonly PreflightRow[],
  attests: readonly Attest[],
): readonly PreflightRow[] {
  const reasons = new Map(attests.map(({ what, because }) => [what, because]))
  return rows.map((row) => {
    const { todo: _, ...had } = row
    if (row.state === 'had') return had
    const attestAs = `${row.area}: ${row.what}`
    const reason = reasons.get(attestAs)
    if (row.state === 'unreachable' && reason !== undefined)
      return { ...row, todo: `${row.todo ?? 'ask again'}; an attestation does not cover it` }
    if (row.state !== 'unknown') return row
    if (reason === undefined) return { ...row, attestAs }
    return { ...had, state: 'attested', because: `attested: ${reason} (${row.because})` }
  })
}

/** Where the plan has a step by hand, a person's word for it is asked at that step, and no wave is held for it before. */
function attestedByHand(plan: Plan, { id, from }: Site): readonly Attest[] {
  const source = plan.platforms[from]
  if (source?.kind !== 'sbc' || source.agents?.by !== 'hand') return []
  const what = `site ${id}: queue memberships at ${from}`
  return [{ what, because: `by hand, as the plan has it; "${id}" is typed at each stage` }]
}

function crmNeeds(parts: PreflightParts, sites: readonly Site[]): Promise<readonly PreflightRow[]> {
  const { ports, clock, signal } = parts
  const { crm } = ports
  const [site] = sites
  return ask('crm', 'CRM results', async () => {
    if (crm === undefined || site === undefined) {
      const because = 'the plan names no CRM: its part of validation can’t be judged'
      return [{ what: 'CRM results', state: 'unknown', because, todo: 'name it: crm: { url: … }' }]
    }
    const now = clock.now()
    const hour = { from: epochMs(now - 3_600_000), to: now }
    const of = { site: site.id, platform: site.to, ...hour }
    const { total, failed } = await crm.upserts(of, signal)
    const because = `${total} upserts of calls at ${site.to} in the last hour, ${failed} failed`
    return [{ what: 'CRM results', state: 'had', because }]
  })
}
