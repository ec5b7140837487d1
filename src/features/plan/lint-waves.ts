import { formatDuration } from '../../kernel/duration.ts'
import { ms } from '../../kernel/units.ts'
import { compileTrigger } from './compile-trigger.ts'
import { entriesOf, memberOf, type WaveDraft } from './draft.ts'
import type { Lint, LintInput } from './lint.ts'
import { unmeasuredFinding, whyUnmeasured } from './lint-gates.ts'
import type { Problem } from './problem.ts'
import { handsAtMost, sumWayBack } from './way-back.ts'

/** Stages, triggers and windows of each wave, and no site in two. */
export const lintWaves: Lint = (input) => [
  ...entriesOf(input.draft.waves).flatMap(([id, wave]) => [
    ...lintStages(input, id, wave),
    ...lintTrigger(input, id, wave),
    ...lintWindow(input, id, wave),
  ]),
  ...lintSitesTwice(input),
]

function lintStages(input: LintInput, id: string, { stages }: WaveDraft): Problem[] {
  const problems: Problem[] = []
  const report = (index: number, message: string) =>
    problems.push(
      input.problemOf(['waves', id, 'stages', index], 'value', {
        code: 'plan.stages',
        message: `waves.${id}.stages: ${message}`,
      }),
    )
  for (const [index, stage] of (stages ?? []).entries()) {
    const before = index === 0 ? 0 : stages?.[index - 1]
    if (stage !== undefined && before !== undefined && stage <= before)
      report(index, `${stage}% comes after ${before}%; stages rise`)
  }
  const last = stages?.at(-1)
  if (stages !== undefined && last !== undefined && last !== 100)
    report(stages.length - 1, `the last stage is ${last}%; a wave ends at 100%`)
  return problems
}

function lintTrigger(input: LintInput, id: string, { rollbackTrigger }: WaveDraft): Problem[] {
  const path = ['waves', id, 'rollbackTrigger']
  const compiled = rollbackTrigger === undefined ? undefined : compileTrigger(rollbackTrigger)
  if (compiled === undefined) return []
  if (compiled.ok)
    return compiled.value.metrics.flatMap((metric) => {
      const because = whyUnmeasured(input.draft, metric)
      return because === undefined
        ? []
        : [input.problemOf(path, 'value', unmeasuredFinding(path.join('.'), metric, because))]
    })
  const problem = input.problemOf(path, 'value', {
    code: 'plan.trigger',
    message: `${path.join('.')}: ${compiled.problem.message}`,
    advice: 'CEL over the metrics, like validation_failure_rate > 2%',
  })
  return [{ ...problem, column: problem.column + compiled.problem.at }]
}

function lintWindow(input: LintInput, id: string, wave: WaveDraft): Problem[] {
  const window = input.windows.get(id)
  if (window === undefined) return []
  const sites = (wave.sites ?? []).flatMap((name) => {
    const site = memberOf(input.draft.sites, name)
    const drainLongest = site?.drain?.longest
    if (site === undefined || drainLongest === undefined || name === undefined) return []
    const policy = input.policyFor({ wave: id, site: name })
    const agents = input.agents.get(name)?.length ?? 0
    const source = memberOf(input.draft.platforms, site.from)
    const hands = handsAtMost(source, { agents, stages: wave.stages?.length ?? 0 })
    return [{ drainLongest, ttl: site.ttl ?? policy.cutoverTtl, agents, hands, policy }]
  })
  const back = sumWayBack(sites)
  const length = ms(window.to - window.from)
  if (back.total <= length) return []
  const longest = (wave.sites ?? []).toSorted((a, b) => drainOf(input, b) - drainOf(input, a))[0]
  return [
    input.problemOf(['waves', id, 'window'], 'key', {
      code: 'plan.window-too-short',
      message: `waves.${id}: window is ${formatDuration(length)}, the way back can take ${formatDuration(back.total)} in the worst case (drain ${formatDuration(back.drain)})`,
      advice: `widen the window, or cap the drain: sites.${longest ?? '<site>'}.drain.longest`,
    }),
  ]
}

function drainOf(input: LintInput, site: string | undefined): number {
  return memberOf(input.draft.sites, site)?.drain?.longest ?? 0
}

function lintSitesTwice(input: LintInput): Problem[] {
  const owners = new Map<string, string>()
  return entriesOf(input.draft.waves).flatMap(([id, wave]) =>
    (wave.sites ?? []).flatMap((site, index) => {
      const owner = site === undefined ? undefined : owners.get(site)
      if (site !== undefined) owners.set(site, id)
      if (owner === undefined) return []
      const message = `waves.${id}.sites[${index}]: site ${site} is in wave ${owner} already`
      return [
        input.problemOf(['waves', id, 'sites', index], 'value', {
          code: 'plan.site-twice',
          message,
        }),
      ]
    }),
  )
}
