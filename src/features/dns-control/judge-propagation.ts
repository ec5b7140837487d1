import { type Milliseconds, ms, msOf, type Seconds, seconds } from '../../kernel/units.ts'
import type { ServerAnswer } from './ports.ts'
import { sameValues } from './record-input.ts'

/** What was asked, of whom, how long after the change. */
export interface Propagation {
  readonly expected: readonly string[]
  readonly authoritative: readonly ServerAnswer[]
  readonly resolvers: readonly ServerAnswer[]
  readonly elapsed: Milliseconds
  /** After this an honest cache has let go of the old answer. */
  readonly honestUntil: Milliseconds
  /** As `honestUntil`, for caches that had asked while a longer TTL was served. */
  readonly everydayUntil?: Milliseconds
  readonly limit: Milliseconds
  /** Resolvers that must agree, at least. */
  readonly minimum: number
}

export interface PropagationVerdict {
  readonly kind: 'everywhere' | 'wait' | 'too-slow'
  /** Each resolver's answer with its remaining TTL, then the debt. */
  readonly seen: string
  readonly debt: readonly { readonly server: string; readonly remaining: Seconds }[]
}

/**
 * Judges how far a change has come (W1.3). Pure.
 *
 * Beyond the limit a resolver that still holds the old answer although its TTL is long over is named
 * and no longer waited for, as long as enough others agree; everything else that is late pauses the wave.
 */
export function judgePropagation(propagation: Propagation): PropagationVerdict {
  const { authoritative, resolvers, expected, elapsed } = propagation
  const late = elapsed >= propagation.limit
  const behind = authoritative.filter((answer) => !agrees(answer, expected))
  const agreeing = resolvers.filter((answer) => agrees(answer, expected))
  const old = resolvers.filter((answer) => answer.kind !== 'no-answer' && !agrees(answer, expected))
  const ignoring =
    elapsed > propagation.honestUntil
      ? old.filter((answer) => !isOfEveryday(answer, propagation))
      : []
  const debt = old.map((answer) => ({ server: answer.server, remaining: remaining(answer) }))
  const seen = describe({ authoritative, behind, resolvers, agreeing, ignoring, expected })

  const enough = behind.length === 0 && agreeing.length >= propagation.minimum
  const paid = old.length === 0 || (late && ignoring.length === old.length)
  if (enough && paid) return { kind: 'everywhere', seen, debt }
  return { kind: late ? 'too-slow' : 'wait', seen, debt }
}

/** With at most this left a resolver may be serving what is stale, time and again (RFC 8767 §5). */
const staleTtl = seconds(30)

/** Whether what is left fits a cache that was given the longer TTL. */
function isOfEveryday(
  answer: ServerAnswer,
  { elapsed, everydayUntil }: Pick<Propagation, 'elapsed' | 'everydayUntil'>,
): boolean {
  const left = remaining(answer)
  if (everydayUntil === undefined || left <= staleTtl) return false
  return ms(elapsed + msOf(left)) <= everydayUntil
}

function agrees(answer: ServerAnswer, expected: readonly string[]): boolean {
  return answer.kind === 'answer' && sameValues(answer.values, expected)
}

function remaining(answer: ServerAnswer): Seconds {
  if (answer.kind === 'answer') return answer.ttl
  return answer.kind === 'empty' ? answer.negativeTtl : seconds(0)
}

function describe(found: {
  readonly authoritative: readonly ServerAnswer[]
  readonly behind: readonly ServerAnswer[]
  readonly resolvers: readonly ServerAnswer[]
  readonly agreeing: readonly ServerAnswer[]
  readonly ignoring: readonly ServerAnswer[]
  readonly expected: readonly string[]
}): string {
  const { authoritative, behind, resolvers, agreeing, ignoring } = found
  const ready = authoritative.length - behind.length
  const parts = [`authoritative ${ready} of ${authoritative.length}${named(behind)}`]
  const each = resolvers.map((answer) => describeAnswer(answer, found.expected)).join(', ')
  parts.push(`resolvers ${agreeing.length} of ${resolvers.length}: ${each}`)
  if (ignoring.length > 0) parts.push(`ignoring their TTL:${named(ignoring)}`)
  return parts.join('; ')
}

function describeAnswer(answer: ServerAnswer, expected: readonly string[]): string {
  if (answer.kind === 'no-answer') return `${answer.server} silent`
  if (answer.kind === 'empty') return `${answer.server} none ${answer.negativeTtl} s`
  return `${answer.server} ${agrees(answer, expected) ? 'new' : 'old'} ${answer.ttl} s`
}

function named(answers: readonly ServerAnswer[]): string {
  return answers.length === 0 ? '' : ` (${answers.map(({ server }) => server).join(', ')})`
}
