import { z } from 'zod'
import { durationInput } from '../../engine/hold-input.ts'
import { defineCheck, type Verification } from '../../engine/step.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { type EpochMs, epochMs, later, type Milliseconds, ms, msOf } from '../../kernel/units.ts'
import type { ServerAnswer } from './ports.ts'
import { type DnsContext, recordInput, secondsInput } from './record-input.ts'

const WaitOldTtl = z.object({
  ...recordInput,
  /** The lowered TTL. */
  ttl: secondsInput,
  /** The TTL before it was lowered. */
  oldTtl: secondsInput,
  /** An earlier run lowered it and left it so; `at`: since then the last server serves the low TTL. */
  lowered: z
    .object({ run: z.string().min(1), at: z.number().int().transform(epochMs).exactOptional() })
    .exactOptional(),
  /** The policy's lead: never less than this (W1.1). */
  lead: durationInput,
  margin: durationInput,
  /** Resolvers that must answer, at least (W1.3). */
  resolvers: z.number().int().nonnegative(),
})
type WaitOldTtl = z.output<typeof WaitOldTtl>

const aMinute = ms(60_000)

/**
 * Waits until no honest cache can still hold the record with its old TTL (W1.1, D1).
 *
 * The wait counts from this step's first look; `dns.lower-ttl`, before it, is verified only once the
 * last authoritative server agrees. Where an earlier run had lowered it, it counts from then: a cache can
 * hold the old TTL only if that was served within its lifetime. The policy's lead counts alike.
 */
export const waitOldTtlCheck = defineCheck({
  kind: 'dns.wait-old-ttl',
  type: 'check',
  input: WaitOldTtl,
  describe: (input: WaitOldTtl) =>
    `wait ${formatDuration(waitOf(input))} until caches have let go of ${input.record} ${input.type}'s old TTL, ${oldTtlText(input)}`,
  estimate: waitOf,
  patience: (input) => ({
    longest: ms(waitOf(input) + msOf(input.oldTtl) + 15 * aMinute),
    owner: 'dns',
    then: 'stay',
  }),

  async verify(input, context: DnsContext): Promise<Verification> {
    const { clock, startedAt, signal } = context
    const { observer } = context.ports.dns
    const lagging = (await observer.askAuthoritative(input.record, input.type, signal)).filter(
      (answer) => answer.kind !== 'answer' || answer.ttl > input.ttl,
    )
    if (lagging.length > 0) {
      const servers = lagging.map(({ server }) => server).join(', ')
      const because = `caches refill with the old TTL while ${servers} serve it`
      return { kind: 'not-yet', because, lookAgainAt: later(clock.now(), aMinute) }
    }
    const due = later(input.lowered?.at ?? startedAt, waitOf(input))
    if (clock.now() < due) {
      const left = formatDuration(ms(due - clock.now()))
      const because = `${left} until the old TTL, ${oldTtlText(input)}, has run out`
      return { kind: 'not-yet', because, lookAgainAt: due }
    }
    const answers = await observer.askResolvers(input.record, input.type, signal)
    // Somebody may have raised and lowered it meanwhile: caches are given as long as after a fresh wait.
    const since = epochMs(Math.max(due, startedAt))
    return judgeCaches(input, answers, { now: clock.now(), due: since })
  },
})

function waitOf({ oldTtl, lead, margin }: WaitOldTtl): Milliseconds {
  return ms(Math.max(msOf(oldTtl), lead) + margin)
}

/** `3600 s`, or where it comes from: `3600 s (before run dallas-1 lowered it; counted from then)`. */
function oldTtlText({ oldTtl, lowered }: WaitOldTtl): string {
  if (lowered === undefined) return `${oldTtl} s`
  const counted = lowered.at === undefined ? '' : '; counted from then'
  return `${oldTtl} s (before run ${lowered.run} lowered it${counted})`
}

function judgeCaches(
  input: WaitOldTtl,
  answers: readonly ServerAnswer[],
  { now, due }: { readonly now: EpochMs; readonly due: EpochMs },
): Verification {
  const heard = answers.filter((answer) => answer.kind !== 'no-answer')
  if (heard.length < input.resolvers) {
    const because = `${heard.length} of ${answers.length} resolvers answer, ${input.resolvers} are needed`
    return { kind: 'not-yet', because, lookAgainAt: later(now, aMinute) }
  }
  const high = heard.filter((answer) => remaining(answer) > input.ttl)
  const names = high.map((answer) => `${answer.server} (${remaining(answer)} s)`).join(', ')
  // Whoever holds more than the old TTL ever was, or still holds it an old TTL later, keeps no TTL at
  // all: waiting longer changes nothing, so it is named instead (D1).
  const mayStillEnd = high.some((answer) => remaining(answer) <= input.oldTtl)
  if (mayStillEnd && now < due + msOf(input.oldTtl)) {
    const because = `still cached for longer than ${input.ttl} s: ${names}`
    return { kind: 'not-yet', because, lookAgainAt: later(now, aMinute) }
  }
  const ignoring = high.length === 0 ? '' : `; these ignore TTLs: ${names}`
  return {
    kind: 'verified',
    seen: `the old TTL, ${oldTtlText(input)}, has run out at ${heard.length} resolvers${ignoring}`,
  }
}

function remaining(answer: ServerAnswer): number {
  if (answer.kind === 'answer') return answer.ttl
  return answer.kind === 'empty' ? answer.negativeTtl : 0
}
