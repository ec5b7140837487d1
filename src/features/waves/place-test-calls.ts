import { ChangeoverError } from '../../kernel/errors.ts'
import { type EpochMs, ms, since } from '../../kernel/units.ts'
import type { TestCallAnswer } from '../call-tests/index.ts'
import type { Look } from './metric-sources.ts'
import { type Planned, planRound, type TestCall, type TestCallOutcome } from './test-call-book.ts'

/** A platform that has answered a call and shows no record of it for this long did not take it: somebody else did. */
const recordPatience = ms(5 * 60_000)
/** Records show up late: so long a call that was answered is not counted at all, rather than as unknown. */
const recordLag = ms(2 * 60_000)

/** A flow answers at once; whoever hears nothing for so long hangs up. A look must not keep the run from its operator. */
const answerPatience = ms(8000)

/**
 * Places the test calls that are due, asks for the records of earlier ones, and gives those since `from` of
 * which something can be said.
 *
 * @param wanted how many of the site's numbers are to be called since `from`
 */
export async function testCallsOf(look: Look, wanted = 0): Promise<readonly TestCall[]> {
  const { sources, scope, from, to: now } = look
  const { testCalls } = sources
  const made = testCalls.read(scope)
  const due = planRound(scope, made, { from, now, wanted })
  const placed = await Promise.all(due.map((one) => place(look, one)))
  const known = await findRecords(look, [...made, ...placed])
  testCalls.write(scope, known)
  return known.filter(({ at, outcome }) => {
    const isFresh = outcome === 'unknown' && since(at, now) < recordLag
    return at >= from && !isFresh
  })
}

async function place(look: Look, { number, caller }: Planned): Promise<TestCall> {
  const { sources, scope, to, signal } = look
  const { gateway } = sources.platforms.get(scope.platform)
  const nonce = `gate-${to}-${number}`
  const request = { target: gateway, number, caller, nonce, patience: answerPatience }
  const answer = await sources.sip.call(request, signal)
  const base = { number, caller, at: to }
  if (answer.kind !== 'answered') return { ...base, outcome: 'failed' }
  const { callId, firstResponse } = answer
  return { ...base, callId, firstResponse, outcome: firstVerdict(look, answer) }
}

/** An answer alone may be the other side's, over the interconnect: only the platform's own record tells (X6). */
function firstVerdict(
  { sources, scope }: Look,
  { contactHost }: Extract<TestCallAnswer, { kind: 'answered' }>,
): TestCallOutcome {
  if (contactHost === scope.neverHost) return 'failed'
  // A platform that keeps no records can't be asked, and its answer counts.
  return sources.platforms.get(scope.platform).ports.statistics === undefined ? 'theirs' : 'unknown'
}

/** Asks for the records that were missing; a platform that can't be asked leaves them missing. */
async function findRecords(look: Look, calls: readonly TestCall[]): Promise<readonly TestCall[]> {
  const { sources, scope } = look
  const { statistics } = sources.platforms.get(scope.platform).ports
  if (statistics === undefined) return calls
  const open = calls.filter(({ outcome }) => outcome === 'unknown')
  const found = new Map<TestCall, TestCallOutcome>()
  for (const call of open) {
    try {
      const record = await statistics.conversationOf(call.callId ?? '', look.signal)
      found.set(call, judgeRecord(call, record?.dnis, look.to))
    } catch (error) {
      if (error instanceof ChangeoverError) break
      throw error
    }
  }
  return calls.map((call) => ({ ...call, outcome: found.get(call) ?? call.outcome }))
}

function judgeRecord(call: TestCall, dnis: string | undefined, now: EpochMs): TestCallOutcome {
  if (dnis !== undefined) return dnis === call.number ? 'theirs' : 'failed'
  return since(call.at, now) < recordPatience ? 'unknown' : 'failed'
}
