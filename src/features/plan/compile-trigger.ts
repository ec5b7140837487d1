import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js'
import { parseDuration } from '../../kernel/duration.ts'
import { fail, ok, type Result } from '../../kernel/result.ts'
import type { Trigger as Asked } from '../gates/index.ts'
import { findUnjudgeable, judgeExpression } from './judge-expression.ts'
import { metricNames, metrics } from './metrics.ts'
import { suggest } from './nearest-name.ts'

/** A rollback trigger, ready to be asked (W4.2). */
export interface Trigger extends Asked {
  /** CEL, the guide's percentages turned into ratios: `validation_failure_rate > 0.02`. */
  readonly cel: string
}

/** What is wrong with a trigger, and where in its text, from 0. */
export interface TriggerProblem {
  readonly message: string
  readonly at: number
}

const environment = metricNames.reduce(
  (all, name) => all.registerVariable(name, 'double'),
  new Environment({ limits: { maxAstNodes: 500, maxDepth: 50 } }),
)

/** Reads `validation_failure_rate > 2%`, or any CEL over the metrics of section M that is true or false. */
export function compileTrigger(text: string): Result<Trigger, TriggerProblem> {
  const named = readNames(text)
  if (!named.ok) return named
  const scale = findPercentless(text)
  if (scale !== undefined) return fail(scale)
  const cel = normalise(text)
  const ready = parse(cel)
  if (!ready.ok) return ready
  if (named.value.length === 0) return fail({ message: 'names no metric', at: 0 })
  const unjudged = findUnjudgeable(ready.value)
  if (unjudged !== undefined) return fail(describeUnjudged(unjudged))
  return ok({
    cel,
    metrics: named.value,
    judge: (ranges) => judgeExpression(ready.value, ranges),
  })
}

function parse(cel: string): Result<ASTNode, TriggerProblem> {
  try {
    const parsed = environment.parse(cel)
    const checked = parsed.check()
    if (!checked.valid)
      return fail({ message: firstLine(checked.error?.message ?? 'is not valid'), at: 0 })
    if (String(checked.type) !== 'bool')
      return fail({ message: 'is neither true nor false; compare a metric with a limit', at: 0 })
    return ok(parsed.ast)
  } catch (error) {
    if (error instanceof ParseError)
      return fail({ message: firstLine(error.message), at: error.range?.start ?? 0 })
    throw error
  }
}

/** Metrics are known within an interval only, and a trigger has to be judged over all of it. */
function describeUnjudged({ input, range: { start, end } }: ASTNode): TriggerProblem {
  const message = `"${input.slice(start, end)}" can't be judged; compare metrics with <, <=, >, >=, ==, != and join with &&, ||, !`
  return { message, at: 0 }
}

/** `2%` is CEL's remainder operator without a right side; people mean 0.02, and by `45s` 45000 ms. Metrics are doubles. */
function normalise(text: string): string {
  return text
    .replace(/(?<![\w.])(\d+(?:\.\d+)?)\s*%(?!\s*[\w(])/g, (_, figure: string) =>
      asDouble(Number((Number(figure) / 100).toPrecision(12))),
    )
    .replace(/(?<![\w.])\d+(?:\.\d+)?(?:ms|min|s|m|h)\b/g, (duration) =>
      asDouble(parseDuration(duration) ?? Number.NaN),
    )
    .replace(/(?<![\w.])\d+(?![\w.])/g, (figure) => asDouble(Number(figure)))
}

function asDouble(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

function readNames(text: string): Result<readonly string[], TriggerProblem> {
  const names = new Set<string>()
  const words = text.replace(/"[^"]*"|'[^']*'/g, (quoted) => ' '.repeat(quoted.length))
  for (const { 0: name, index } of words.matchAll(/(?<![\w.])[A-Za-z_]\w*(?!\w|\s*\()/g)) {
    if (['true', 'false', 'null', 'in'].includes(name)) continue
    if (!Object.hasOwn(metrics, name))
      return fail({ message: `"${name}" is no metric${suggest(name, metricNames)}`, at: index })
    names.add(name)
  }
  return ok([...names])
}

/** `success_rate < 99` would be true for ever, `… > 2` never: a rate is 0 to 1. */
function findPercentless(text: string): TriggerProblem | undefined {
  const comparisons = text.matchAll(
    /([A-Za-z_]\w*)\s*(?:[<>]=?|[=!]=)\s*(\d+(?:\.\d+)?)(?![\d.]*\s*%)/g,
  )
  for (const { 0: whole, 1: name, 2: figure, index } of comparisons) {
    const unit = Object.hasOwn(metrics, name ?? '') ? metrics[name ?? '']?.unit : undefined
    if (unit === 'ratio' && Number(figure) > 1)
      return {
        message: `compares the rate ${name} with ${figure}; a rate is 0 to 1, write ${figure}%`,
        at: index + whole.length - (figure?.length ?? 0),
      }
  }
  return undefined
}

function firstLine(message: string): string {
  const [line = message] = message.split('\n')
  return line.replace(/\bEOF\b/, 'end of the expression')
}
