import type { MetricReading } from '../gates/index.ts'
import type { Look } from './metric-sources.ts'
import { testCallsOf } from './place-test-calls.ts'
import { judgeNumbers } from './test-call-book.ts'

/** Numbers that a gate calls where the plan says nothing. */
const usualNumbers = 5

/**
 * Numbers that the platform answered itself ÷ numbers called (X6). One that failed counts as unknown until it
 * has failed three times in a row over a minute, so that a lost packet turns no site back (D22).
 */
export async function measureTestCalls(look: Look): Promise<MetricReading> {
  const { scope, numbers = usualNumbers } = look
  const all = scope.numbers.length
  const wanted = numbers === 'all' ? all : Math.min(numbers, all)
  const judged = [...judgeNumbers(await testCallsOf(look, wanted)).values()]
  const count = (outcome: string) => judged.filter((one) => one === outcome).length
  const answered = count('theirs')
  const unknown = count('unknown')
  const source = `numbers called at ${scope.platform}`
  if (judged.length < wanted && count('failed') === 0)
    return {
      kind: 'no-data',
      because: `test calls to ${judged.length} of ${wanted} numbers are known so far`,
    }
  return {
    kind: 'rate',
    numerator: answered,
    denominator: judged.length,
    ...(unknown === 0 ? {} : { unknown }),
    source,
  }
}

/** INVITE → first 18x or answer, the p95 of the test calls of the time asked for. */
export async function measureFirstResponse(look: Look): Promise<MetricReading> {
  const times = (await testCallsOf(look))
    .flatMap(({ firstResponse }) => firstResponse ?? [])
    .toSorted((a, b) => a - b)
  const slow = times[Math.ceil(0.95 * times.length) - 1]
  if (slow === undefined) return { kind: 'no-data', because: 'no test call was answered' }
  const source = `test calls to ${look.scope.platform} (p95)`
  return { kind: 'value', unit: 'ms', value: slow, samples: times.length, source }
}

/** OPTIONS sent → final response, now. */
export async function measureRoundTrip({ sources, scope, signal }: Look): Promise<MetricReading> {
  const { gateway } = sources.platforms.get(scope.platform)
  const answer = await sources.sip.options(gateway, signal)
  if (answer.kind === 'silent') return { kind: 'no-data', because: answer.because }
  const source = `OPTIONS to ${scope.platform}`
  return { kind: 'value', unit: 'ms', value: answer.roundTrip, samples: 1, source }
}
