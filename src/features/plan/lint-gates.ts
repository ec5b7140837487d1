import { formatDuration } from '../../kernel/duration.ts'
import { mostTestCalls, testCallsEvery } from '../gates/index.ts'
import { type Draft, entriesOf, memberOf, type PlanDraft } from './draft.ts'
import type { Lint, LintInput } from './lint.ts'
import { metrics } from './metrics.ts'
import type { PlanFile } from './plan-schema.ts'
import type { Finding, Path, Problem } from './problem.ts'

type Checks = PlanFile['gates'][string]['checks']
type CheckDraft = Draft<NonNullable<Checks[string]>>

/** What is wrong with a check, and where: at its name, or at one of its members. */
interface Fault {
  readonly at?: string
  readonly finding: Finding
}

/** Gates that would pass everything, ask what nothing measures, or wait for data that can't come. */
export const lintGates: Lint = (input) =>
  entriesOf(input.draft.gates).flatMap(([id, gate]) => {
    const checks = entriesOf<CheckDraft>(gate.checks)
    const path = ['gates', id, 'checks']
    if (gate.checks !== undefined && checks.length === 0)
      return [
        input.problemOf(path, 'key', {
          code: 'plan.gate-without-checks',
          message: `${path.join('.')}: a gate without checks would let everything pass`,
        }),
      ]
    return checks.flatMap(([metric, check]) => {
      const at = [...path, metric]
      const asked = { where: at.join('.'), metric, check }
      return [
        ...findLimits(asked, (member) => input.isWritten([...at, member])),
        ...findSource(asked, input.draft),
        ...findSamples(asked, input, id),
      ].map((fault) => report(input, at, fault))
    })
  })

interface Asked {
  readonly where: string
  readonly metric: string
  readonly check: CheckDraft
}

function report(input: LintInput, path: Path, { at, finding }: Fault): Problem {
  return at === undefined
    ? input.problemOf(path, 'key', finding)
    : input.problemOf([...path, at], 'value', finding)
}

/** A limit that is written and can't be read is reported already, and is not missing. */
function findLimits(
  { where, check }: Asked,
  isWritten: (member: string) => boolean,
): readonly Fault[] {
  const atMost = 'atMost' in check ? check.atMost : undefined
  if (check.atLeast !== undefined || atMost !== undefined) return []
  if (isWritten('atLeast') || isWritten('atMost')) return []
  const message = `${where}: has no limit; give atLeast or atMost`
  return [{ finding: { code: 'plan.check-without-limit', message } }]
}

/** A check whose answer nobody can give would hold for ever; one that is ignored would be a lie. */
function findSource({ where, metric, check }: Asked, plan: PlanDraft): readonly Fault[] {
  const because = whyUnmeasured(plan, metric)
  if (because !== undefined) return [{ finding: unmeasuredFinding(where, metric, because) }]
  if (!('bothWays' in check) || check.bothWays !== true) return []
  const finding = {
    code: 'plan.media-unsupported',
    message: `${where}.bothWays: test calls send and hear no media yet, so this could never be met`,
    advice: 'leave bothWays out; whether media goes both ways has to be heard by a person',
  }
  return [{ at: 'bothWays', finding }]
}

export function whyUnmeasured({ crm }: PlanDraft, metric: string): string | undefined {
  if (metric === 'crm_error_rate' && crm === undefined) return 'the plan names no crm'
  return Object.hasOwn(metrics, metric) ? metrics[metric]?.unmeasured : undefined
}

export function unmeasuredFinding(where: string, metric: string, because: string): Finding {
  const message = `${where}: nothing measures ${metric}: ${because}`
  return { code: 'plan.metric-unmeasured', message, advice: 'take another metric, or leave it out' }
}

/** Where the number of samples is known beforehand: our own looks and calls, at their own pace. */
function findSamples(asked: Asked, input: LintInput, gate: string): readonly Fault[] {
  const { where, metric, check } = asked
  const { window, minimumSample = 1 } = check
  if (window === undefined) return []
  const calls = mostTestCalls * Math.max(1, Math.floor(window / testCallsEvery))
  const most = metric === 'first_response_latency' ? calls : metrics[metric]?.mostSamples
  if (most !== undefined && minimumSample > most)
    return [
      {
        at: 'minimumSample',
        finding: {
          code: 'plan.sample-unreachable',
          message: `${where}.minimumSample: ${minimumSample} can't be had in ${formatDuration(window)}; our own looks and calls make ${most} at most`,
          advice: `ask for ${most} or fewer, or widen the window`,
        },
      },
    ]
  const numbers = numbersOf(input, gate)
  // None: the sites are not in the plan, or have no numbers that could be read, which is reported.
  return metric === 'test_calls' && numbers > 0 ? findNumbers(asked, numbers, calls) : []
}

/** @param calls most that can be made within the check's window */
function findNumbers({ where, check }: Asked, most: number, calls: number): readonly Fault[] {
  const { minimumSample = 1 } = check
  const asked = 'numbers' in check ? check.numbers : undefined
  const wanted = asked === 'all' ? most : Math.min(asked ?? 1, most)
  if (wanted > calls)
    return [
      {
        at: 'window',
        finding: {
          code: 'plan.sample-unreachable',
          message: `${where}: ${wanted} numbers can't be called within the window; test calls make ${calls} in that time`,
          advice: 'widen the window, or write a count in numbers: which ones takes turns',
        },
      },
    ]
  if (minimumSample <= wanted) return []
  const message = `${where}.minimumSample: ${minimumSample} numbers are more than the ${wanted} that are called`
  const advice = 'ask for fewer, or raise numbers'
  return [{ at: 'minimumSample', finding: { code: 'plan.sample-unreachable', message, advice } }]
}

/** Most numbers of a site that this gate has to judge. */
function numbersOf({ draft }: LintInput, gate: string): number {
  const sites = entriesOf(draft.waves)
    .filter(([, wave]) => wave.gate === gate)
    .flatMap(([, wave]) => wave.sites ?? [])
  const counts = sites.map((name) => memberOf(draft.sites, name)?.numbers?.flat().length ?? 0)
  return Math.max(0, ...counts)
}
