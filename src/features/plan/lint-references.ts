import { type Draft, entriesOf, memberOf } from './draft.ts'
import type { Lint, LintInput } from './lint.ts'
import { suggest } from './nearest-name.ts'
import type { PlanFile } from './plan-schema.ts'
import { applyOverride, guidePolicy } from './policies.ts'
import { formatPath, type Path, type Problem } from './problem.ts'

/** Names that stand for something elsewhere in the plan: platforms, sites, gates, policies. */
export const lintReferences: Lint = (input) => {
  const { draft } = input
  return [
    ...entriesOf(draft.sites).flatMap(([id, site]) => [
      ...check(input, ['sites', id, 'from'], {
        kind: 'platform',
        name: site.from,
        among: draft.platforms,
      }),
      ...check(input, ['sites', id, 'to'], {
        kind: 'platform',
        name: site.to,
        among: draft.platforms,
      }),
      ...lintDirection(input, id),
    ]),
    ...entriesOf(draft.waves).flatMap(([id, wave]) => [
      ...check(input, ['waves', id, 'gate'], { kind: 'gate', name: wave.gate, among: draft.gates }),
      ...(wave.sites ?? []).flatMap((name, index) =>
        check(input, ['waves', id, 'sites', index], { kind: 'site', name, among: draft.sites }),
      ),
    ]),
    ...(draft.dns?.resolvers ?? []).flatMap((resolver, index) =>
      check(input, ['dns', 'resolvers', index, 'at'], {
        kind: 'site',
        name: resolver?.at,
        among: draft.sites,
      }),
    ),
    ...(draft.overrides ?? []).flatMap((override, index) =>
      override === undefined ? [] : lintOverride(input, override, index),
    ),
  ]
}

interface Reference {
  readonly kind: string
  readonly name: string | undefined
  readonly among: Readonly<Record<string, unknown>> | undefined
}

function check(input: LintInput, path: Path, { kind, name, among }: Reference): Problem[] {
  if (name === undefined || (among !== undefined && Object.hasOwn(among, name))) return []
  const message = `${formatPath(path)}: there is no ${kind} "${name}"${suggest(name, Object.keys(among ?? {}))}`
  return [input.problemOf(path, 'value', { code: 'plan.unknown-name', message })]
}

/** This release moves a PBX behind an SBC to Genesys Cloud; the other directions come behind the same ports. */
function lintDirection(input: LintInput, id: string): Problem[] {
  const site = memberOf(input.draft.sites, id)
  const wanted = { from: 'sbc', to: 'genesys-cloud' } as const
  return (['from', 'to'] as const).flatMap((end) => {
    const platform = memberOf(input.draft.platforms, site?.[end])
    if (platform?.kind === undefined || platform.kind === wanted[end]) return []
    const role = end === 'from' ? 'source' : 'target'
    const message = `sites.${id}.${end}: a ${platform.kind} platform can't be the ${role} of a wave; expected ${wanted[end]}`
    return [input.problemOf(['sites', id, end], 'value', { code: 'plan.direction', message })]
  })
}

function lintOverride(
  input: LintInput,
  override: Draft<PlanFile['overrides'][number]>,
  index: number,
): Problem[] {
  const path = ['overrides', index]
  const problems: Problem[] = []
  const report = (key: string, code: string, message: string) =>
    problems.push(
      input.problemOf([...path, key], 'value', {
        code,
        message: `overrides[${index}].${key}: ${message}`,
      }),
    )

  const applied = applyOverride(guidePolicy, override.what ?? 'dns.ttlLead', override.to ?? '72h')
  if (!applied.ok) {
    const unknown = applied.problem.startsWith('no policy')
    report(
      unknown ? 'what' : 'to',
      unknown ? 'plan.unknown-override' : 'plan.value',
      applied.problem,
    )
  }
  const scopes = { ...input.draft.sites, ...input.draft.waves }
  if (override.for !== undefined && !Object.hasOwn(scopes, override.for))
    report(
      'for',
      'plan.unknown-name',
      `there is no site or wave "${override.for}"${suggest(override.for, Object.keys(scopes))}`,
    )
  return problems
}
