import { ChangeoverError } from '../../kernel/errors.ts'
import type { MetricReading, Metrics } from '../gates/index.ts'
import type { QueueStatistics } from '../platform/index.ts'
import { measureFirstResponse, measureRoundTrip, measureTestCalls } from './measure-calls.ts'
import type { Look, MetricSources } from './metric-sources.ts'

type Measure = (look: Look) => Promise<MetricReading>

/** Section M, as far as a platform's statistics, the CRM and our own calls can say it. */
const measures: Readonly<Record<string, Measure>> = {
  validation_failure_rate: measureValidation,
  success_rate: (look) =>
    fromStatistics(look, (seen) => rate(seen.offered - seen.failed, seen.offered, 'calls')),
  abandonment_rate: (look) =>
    fromStatistics(look, (seen) => rate(seen.abandoned, seen.offered, 'calls')),
  asa: (look) => fromStatistics(look, (seen) => value(seen.meanWaitMs, seen.answered, 'answers')),
  queueLength: measureQueueLength,
  crm_error_rate: measureCrm,
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
    async read({ metric, scope, from, to }, signal) {
      const measure = Object.hasOwn(measures, metric) ? measures[metric] : undefined
      if (measure === undefined)
        return { kind: 'no-data', because: `${metric} has no source in this plan` }
      if (to <= from) return { kind: 'no-data', because: `${metric}: its window has only begun` }
      try {
        return await measure({ sources, scope, from, to, signal })
      } catch (error) {
        if (error instanceof ChangeoverError) return { kind: 'no-data', because: error.message }
        throw error
      }
    },
  }
}

async function fromStatistics(
  look: Look,
  compute: (seen: QueueStatistics) => MetricReading,
): Promise<MetricReading> {
  const { platform } = look.scope
  const reading = compute(await readStatistics(look))
  return reading.kind === 'no-data'
    ? reading
    : { ...reading, source: `${reading.source} at ${platform}` }
}

async function readStatistics(look: Look): Promise<QueueStatistics> {
  const { sources, scope, from, to, signal } = look
  const statistics = sources.platforms.port(scope.platform, 'statistics')
  return statistics.queues(await queueIds(look), from, to, signal)
}

async function measureQueueLength(look: Look): Promise<MetricReading> {
  const { sources, scope, signal } = look
  const statistics = sources.platforms.port(scope.platform, 'statistics')
  const waiting = await statistics.waiting(await queueIds(look), signal)
  return value(waiting, 1, `queue states at ${scope.platform}`)
}

async function queueIds({ sources, scope, signal }: Look) {
  const { platform, queues } = scope
  return Object.values(await sources.platforms.port(platform, 'queues').find(queues, signal))
}

async function measureCrm({ sources, scope, from, to, signal }: Look): Promise<MetricReading> {
  if (sources.crm === undefined) return { kind: 'no-data', because: 'the plan has no CRM' }
  const { total, failed } = await sources.crm.upserts(scope.site, from, to, signal)
  return rate(failed, total, 'CRM writes')
}

/** Failed ÷ all call-level validations: calls as the platform has them, and their CRM writes where there is a CRM. */
async function measureValidation(look: Look): Promise<MetricReading> {
  const seen = await readStatistics(look)
  const { crm } = look.sources
  const { total, failed } =
    crm === undefined
      ? { total: 0, failed: 0 }
      : await crm.upserts(look.scope.site, look.from, look.to, look.signal)
  return rate(seen.failed + failed, seen.offered + total, 'validations')
}

function rate(numerator: number, denominator: number, source: string): MetricReading {
  return { kind: 'rate', numerator, denominator, source }
}

function value(figure: number, samples: number, source: string): MetricReading {
  return { kind: 'value', value: figure, samples, source }
}
