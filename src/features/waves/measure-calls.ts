import type { TestCallAnswer } from '../call-tests/index.ts'
import type { MetricReading } from '../gates/index.ts'
import type { Look } from './metric-sources.ts'

/** How many numbers are called for one figure: enough to see a bad one, few enough not to be load. */
const sample = 5

async function callSample(look: Look) {
  const { sources, scope, to, signal } = look
  const { gateway } = sources.platforms.get(scope.platform)
  const answers = []
  for (const number of scope.numbers.slice(0, sample)) {
    const caller = scope.testCaller
    const request = { target: gateway, number, caller, nonce: `gate-${to}-${number}` }
    const answer = await sources.sip.call(request, signal)
    answers.push({ answer, isTheirs: await isTheirs(look, answer) })
  }
  return answers
}

/**
 * Whether the platform itself took the call: an answer alone may be the source's, over the interconnect.
 * No record yet is neither: such a call is left out, and calls of which none is known are no data. A
 * platform that keeps no records can't be asked, and its answer counts.
 */
async function isTheirs(
  { sources, scope, signal }: Look,
  answer: TestCallAnswer,
): Promise<boolean | 'unknown'> {
  if (answer.kind !== 'answered') return false
  const { statistics } = sources.platforms.get(scope.platform).ports
  if (statistics === undefined) return true
  const record = await statistics.conversationOf(answer.callId, signal)
  return record === undefined ? 'unknown' : true
}

/** Test calls that the platform answered itself ÷ test calls made, now. */
export async function measureTestCalls(look: Look): Promise<MetricReading> {
  const answers = await callSample(look)
  const known = answers.filter((one) => one.isTheirs !== 'unknown')
  const answered = known.filter((one) => one.isTheirs === true).length
  if (known.length === 0) return { kind: 'no-data', because: 'no record of a test call shows yet' }
  const source = `test calls to ${look.scope.platform}`
  return { kind: 'rate', numerator: answered, denominator: known.length, source }
}

/** INVITE → first 18x or answer, the p95 of test calls made now. */
export async function measureFirstResponse(look: Look): Promise<MetricReading> {
  const times = (await callSample(look))
    .flatMap(({ answer }) => (answer.kind === 'answered' ? [answer.firstResponse] : []))
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
