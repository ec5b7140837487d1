import { formatDuration } from '../../kernel/duration.ts'
import { ChangeoverError } from '../../kernel/errors.ts'
import { epochMs, since } from '../../kernel/units.ts'
import type { MetricReading, Metrics } from '../gates/index.ts'
import type { QueueStatistics } from '../platform/index.ts'
import { measureFirstResponse, measureRoundTrip, measureTestCalls } from './measure-calls.ts'
import { measureValidation } from './measure-validation.ts'
import type { Look, MetricSources } from './metric-sources.ts'
import { queueIds, readCalls, readStatistics } from './read-calls.ts'

type Measure = (look: Look) => Promise<MetricReading>

/** Section M, as far as a platform's statistics, the CRM and our own calls can say it. */
const measures: Readonly<Record<string, Measure>> = {
  validation_failure_rate: measureValidation,
  success_rate: measureSuccess,
  abandonment_rate: (look) =>
    fromStatistics(look, (seen) => rate(seen.abandoned, seen.offered, 'calls')),
  asa: (look) =>
    fromStatistics(look, ({ meanWaitMs, answered }) => ({
      kind: 'value',
      unit: 'ms',
      value: meanWaitMs,
      samples: answered,
      source: 'answers',
    })),
  queueLength: measureQueueLength,
  utilisation: measureUtilisation,
  crm_error_rate: measureCrm,
  api_error_rate: measureApi,
  first_response_latency: measureFirstResponse,
  RTT: measureRoundTrip,
  test_calls: measureTestCalls,
}

/**
 * Metrics of a wave, computed from its ports. What can't be measured is `no-data` with the reason;
 * a source that fails to answer is `no-data` too, never zero (promise 2).
 */
export function createWaveMetrics(sources: MetricSources): Metrics {
  return {
    async read({ metric, ...question }, signal) {
      const measure = Object.hasOwn(measures, metric) ? measures[metric] : undefined
      if (measure === undefined)
        return { kind: 'no-data', because: `${metric} has no source in this plan` }
      if (question.to <= question.from)
        return { kind: 'no-data', because: 'its window has only begun' }
      try {
        return await measure({ sources, ...question, signal })
      } catch (error) {
        if (error instanceof ChangeoverError) return { kind: 'no-data', because: error.message }
        throw error
      }
    },
  }
}

async function fromStatistics(
  look: Look,
  compute: (seen: QueueStatistics) => Exclude<MetricReading, { kind: 'no-data' }>,
): Promise<MetricReading> {
  const reading = compute(await readStatistics(look))
  return { ...reading, source: `${reading.source} at ${look.scope.platform}` }
}

/**
 * Calls that reached their queue ÷ those and the ones that failed on their way to it. A caller who hangs up
 * in the queue, or leaves the menu, was delivered. What no record shows at all, such as a call that nobody
 * took, only test calls can see.
 */
async function measureSuccess(look: Look): Promise<MetricReading> {
  const { offered, failed } = await readCalls(look)
  return rate(offered - failed, offered, `calls at ${look.scope.platform}`)
}

async function measureQueueLength(look: Look): Promise<MetricReading> {
  const { sources, scope, signal } = look
  const statistics = sources.platforms.port(scope.platform, 'statistics')
  const queues = await queueIds(look)
  const value = await statistics.waiting(queues, signal)
  const source = `queues at ${scope.platform}, now`
  return { kind: 'value', unit: 'count', value, samples: queues.length, source }
}

/** All agents are looked at, not a sample of them: the figure has no interval. */
async function measureUtilisation(look: Look): Promise<MetricReading> {
  const { sources, scope, signal } = look
  const statistics = sources.platforms.port(scope.platform, 'statistics')
  const { able, busy } = await statistics.workload(await queueIds(look), signal)
  if (able === 0) return { kind: 'no-data', because: 'no agent is able to take these queues' }
  const source = `agents on queue at ${scope.platform}, now`
  return { kind: 'value', unit: 'ratio', value: busy / able, samples: able, source }
}

async function measureCrm({ sources, scope, from, to, signal }: Look): Promise<MetricReading> {
  if (sources.crm === undefined) return { kind: 'no-data', because: 'the plan has no CRM' }
  const { total, failed } = await sources.crm.upserts({ ...scope, from, to }, signal)
  return rate(failed, total, `CRM writes of calls at ${scope.platform}`)
}

/** Our own requests to the platform and to the CRM, as far back as this process remembers. */
function measureApi({ sources, scope, from, to }: Look): Promise<MetricReading> {
  const seen = ['crm', scope.platform].map((name) => sources.apiCalls.count(name, from, to))
  const total = seen.reduce((sum, one) => sum + one.total, 0)
  const failed = seen.reduce((sum, one) => sum + one.failed, 0)
  const limited = seen.reduce((sum, one) => sum + one.limited, 0)
  const apart = limited === 0 ? '' : `, ${limited} put off by its rate limit apart`
  const seenFor = formatDuration(since(epochMs(Math.max(from, sources.apiCalls.since)), to))
  const source = `API calls to ${scope.platform} and CRM in the last ${seenFor}${apart}`
  return Promise.resolve(rate(failed, total, source))
}

function rate(numerator: number, denominator: number, source: string) {
  return { kind: 'rate', numerator, denominator, source } as const
}
