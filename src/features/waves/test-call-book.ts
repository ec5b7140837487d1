import { type EpochMs, type Milliseconds, ms, since } from '../../kernel/units.ts'
import { type MetricScope, mostTestCalls, testCallsEvery } from '../gates/index.ts'

/** One test call of a gate or a guard, and whether the platform itself took it. */
export interface TestCall {
  readonly number: string
  readonly caller: string
  readonly at: EpochMs
  /** Absent where nobody answered. */
  readonly callId?: string
  /** INVITE → first 18x or answer; absent where nobody answered. */
  readonly firstResponse?: Milliseconds
  readonly outcome: TestCallOutcome
}

/** `unknown`: answered, and the platform has not shown its record of the call yet. */
export type TestCallOutcome = 'theirs' | 'failed' | 'unknown'

/**
 * The test calls of this process, per site and platform: both gates and guards look at them, so that asking
 * more often makes no more calls. Kept in memory: after a restart, calls are counted from then on.
 */
export interface TestCallBook {
  /** Calls in the order in which they were placed. */
  read(scope: MetricScope): readonly TestCall[]
  write(scope: MetricScope, calls: readonly TestCall[]): void
}

/** Calls older than this are of no gate any more. */
const kept = ms(24 * 3_600_000)

export function createTestCallBook(): TestCallBook {
  const pages = new Map<string, readonly TestCall[]>()
  const pageOf = ({ site, platform }: MetricScope) => `${platform} ${site}`
  return {
    read: (scope) => pages.get(pageOf(scope)) ?? [],
    write(scope, calls) {
      const last = calls.at(-1)?.at
      const page = last === undefined ? calls : calls.filter(({ at }) => since(at, last) < kept)
      pages.set(pageOf(scope), page)
    },
  }
}

/** As long as all is well, a round is this small: our own calls must not outweigh the callers'. */
const calmRound = 2

/** One call to be placed. */
export interface Planned {
  readonly number: string
  readonly caller: string
}

/**
 * Which test calls to place now (pure). All numbers take turns, and all callers: what swallows some callers
 * lets others through. Once a call has failed the rounds are large until one is well again (D22).
 *
 * @param from only calls since then count as made
 * @param wanted how many of the numbers are to be called since `from`
 */
export function planRound(
  scope: Pick<MetricScope, 'numbers' | 'testCaller' | 'testCallers'>,
  made: readonly TestCall[],
  { from, now, wanted }: { readonly from: EpochMs; readonly now: EpochMs; readonly wanted: number },
): readonly Planned[] {
  const { numbers } = scope
  const left = mostTestCalls - made.filter(({ at }) => since(at, now) < testCallsEvery).length
  const called = new Set(made.filter(({ at }) => at >= from).map(({ number }) => number))
  const uncalled = Math.min(wanted, numbers.length) - called.size
  const isDue = made.every(({ at }) => since(at, now) >= testCallsEvery)
  const size = Math.max(isDue ? roundSize(made) : 0, uncalled)
  const turns = byTurn(numbers, made)
  const callers = [scope.testCaller, ...scope.testCallers]
  return Array.from({ length: Math.max(0, Math.min(size, left)) }, (_, index) => ({
    number: turns[index % turns.length] ?? '',
    caller: callers[(made.length + index) % callers.length] ?? scope.testCaller,
  })).filter(({ number }) => number !== '')
}

function roundSize(made: readonly TestCall[]): number {
  const lastRound = made.filter(({ at }) => at === made.at(-1)?.at)
  return lastRound.some(({ outcome }) => outcome === 'failed') ? mostTestCalls : calmRound
}

/** Numbers whose last call failed first, then never called ones, then those that were called longest ago. */
function byTurn(numbers: readonly string[], made: readonly TestCall[]): readonly string[] {
  const last = new Map(made.map((call) => [call.number, call]))
  const turnOf = (number: string) => {
    const call = last.get(number)
    if (call === undefined) return -1
    return call.outcome === 'failed' ? -2 : call.at
  }
  return [...numbers].sort((a, b) => turnOf(a) - turnOf(b))
}

/** A number is dead after so many failed calls in a row that span this long (D22). */
const failuresInARow = 3
const failuresSpan = ms(50_000)

/** What the calls to each number say of it: `unknown` while its last call failed, but not for long enough. */
export function judgeNumbers(calls: readonly TestCall[]): ReadonlyMap<string, TestCallOutcome> {
  const byNumber = new Map<string, TestCall[]>()
  for (const call of calls) byNumber.set(call.number, [...(byNumber.get(call.number) ?? []), call])
  return new Map([...byNumber].map(([number, one]) => [number, judgeNumber(one)]))
}

function judgeNumber(calls: readonly TestCall[]): TestCallOutcome {
  const known = calls.filter(({ outcome }) => outcome !== 'unknown')
  const lastGood = known.findLastIndex(({ outcome }) => outcome === 'theirs')
  const failed = known.slice(lastGood + 1)
  const [first, last] = [failed[0], failed.at(-1)]
  if (first === undefined || last === undefined) return lastGood < 0 ? 'unknown' : 'theirs'
  const isDead = failed.length >= failuresInARow && since(first.at, last.at) >= failuresSpan
  return isDead ? 'failed' : 'unknown'
}
