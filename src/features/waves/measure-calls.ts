import type { MetricReading } from '../gates/index.ts'
import type { Look } from './metric-sources.ts'

/** How many numbers are called for one figure: enough to see a bad one, few enough not to be load. */
const sample = 5
/** A fictitious caller, so that the calls are told from customers'. */
const caller = '+15555550000'

async function callSample({ sources, scope, to, signal }: Look) {
  const { gateway } = sources.platforms.get(scope.platform)
  const answers = []
  for (const number of scope.numbers.slice(0, sample)) {
    const request = { target: gateway, number, caller, nonce: `gate-${to}-${number}` }
    answers.push(await sources.sip.call(request, signal))
  }
  return answers
}

/** Test calls that were answered ÷ test calls made, now. */
export async function measureTestCalls(look: Look): Promise<MetricReading> {
  const answers = await callSample(look)
  const answered = answers.filter(({ kind }) => kind === 'answered').length
  const source = `test calls to ${look.scope.platform}`
  return { kind: 'rate', numerator: answered, denominator: answers.length, source }
}

/** INVITE → first 18x or answer, the p95 of test calls made now. */
export async function measureFirstResponse(look: Look): Promise<MetricReading> {
  const times = (await callSample(look))
    .flatMap((answer) => (answer.kind === 'answered' ? [answer.firstResponse] : []))
    .toSorted((a, b) => a - b)
  const slow = times[Math.ceil(0.95 * times.length) - 1]
  if (slow === undefined) return { kind: 'no-data', because: 'no test call was answered' }
  const source = `p95 of test calls to ${look.scope.platform}`
  return { kind: 'value', value: slow, samples: times.length, source }
}

/** OPTIONS sent → final response, now. */
export async function measureRoundTrip({ sources, scope, signal }: Look): Promise<MetricReading> {
  const { gateway } = sources.platforms.get(scope.platform)
  const answer = await sources.sip.options(gateway, signal)
  if (answer.kind === 'silent') return { kind: 'no-data', because: answer.because }
  return { kind: 'value', value: answer.roundTrip, samples: 1, source: 'OPTIONS' }
}
