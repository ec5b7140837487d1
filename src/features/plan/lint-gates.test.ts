import { describe, expect, it } from 'vitest'
import { checkAsExample, example } from '../../../test/support/example-plan.ts'
import { showPlan } from './index.ts'

/** The example with other checks in its gate. */
function withChecks(...checks: readonly string[]) {
  const lines = checks.map((check) => `      ${check}\n`).join('')
  const text = example.replace(/(?<= {4}checks:\n)(?: {6}.*\n)+/, lines)
  expect(text).not.toBe(example)
  return checkAsExample(text)
}

const success = 'success_rate: { atLeast: 99% }'
const firstCheck = example.slice(0, example.indexOf('    checks:\n')).split('\n').length + 1

describe('checks that could never be met', () => {
  it.each<readonly [string, string, string, number]>([
    [
      'test_calls: { bothWays: true }',
      'plan.media-unsupported',
      'test calls send and hear no media yet',
      7 + 'test_calls: { bothWays: '.length,
    ],
    [
      'webhook_retry_count: { atMost: 3 }',
      'plan.metric-unmeasured',
      'this version delivers no webhooks',
      7,
    ],
    [
      'RTT: { atMost: 150ms, minimumSample: 5 }',
      'plan.sample-unreachable',
      'our own looks and calls make 1 at most',
      7 + 'RTT: { atMost: 150ms, minimumSample: '.length,
    ],
    [
      'first_response_latency: { atMost: 2s, window: 1m, minimumSample: 30 }',
      'plan.sample-unreachable',
      'our own looks and calls make 20 at most',
      7 + 'first_response_latency: { atMost: 2s, window: 1m, minimumSample: '.length,
    ],
    [
      'test_calls: { numbers: all, window: 1m }',
      'plan.sample-unreachable',
      "51 numbers can't be called within the window",
      7 + 'test_calls: { numbers: all, window: '.length,
    ],
    [
      'test_calls: { numbers: 8, minimumSample: 9 }',
      'plan.sample-unreachable',
      '9 numbers are more than the 8 that are called',
      7 + 'test_calls: { numbers: 8, minimumSample: '.length,
    ],
    [
      'test_calls: { numbers: some }',
      'plan.value',
      '"some" is no count; write all, or 5',
      7 + 'test_calls: { numbers: '.length,
    ],
  ])('G1.3 %s is refused where it is written: %s', (check, code, message, column) => {
    const { plan, problems } = withChecks(check, success)

    expect(plan).toBeUndefined()
    expect(problems).toMatchObject([
      {
        code,
        severity: 'error',
        line: firstCheck,
        column,
        message: expect.stringContaining(message),
      },
    ])
  })

  it('G1.3 a metric of the CRM needs a CRM, in a gate and in a trigger', () => {
    const without = example
      .replace(/^crm:.*\n(?: {2}.*\n)*/m, '')
      .replace('rollbackTrigger: ', 'rollbackTrigger: crm_error_rate > 1% || ')
    const { problems } = checkAsExample(without)

    const found = problems.filter(({ code }) => code === 'plan.metric-unmeasured')
    expect(found.map(({ message }) => message.split(':')[0]).toSorted()).toEqual([
      'gates.stage.checks.crm_error_rate',
      expect.stringMatching(/^waves\.\w+\.rollbackTrigger$/),
    ])
  })

  it('W4.2 a trigger over what nothing measures would never fire, and is refused', () => {
    const text = example.replace(
      'rollbackTrigger: ',
      'rollbackTrigger: webhook_retry_count > 3 || ',
    )
    const { problems } = checkAsExample(text)

    expect(problems).toMatchObject([{ code: 'plan.metric-unmeasured', severity: 'error' }])
  })

  it('takes all numbers, a count, or the usual five', () => {
    const numbersOf = (check: string) =>
      withChecks(check, success).plan?.gates['stage']?.checks.find(
        ({ metric }) => metric === 'test_calls',
      )

    expect(numbersOf('test_calls: { numbers: all }')).toMatchObject({ numbers: 'all', veto: true })
    expect(numbersOf('test_calls: { numbers: 12 }')).toMatchObject({ numbers: 12, atLeast: 1 })
    expect(numbersOf('test_calls: {}')).toMatchObject({ numbers: 5 })
  })

  it('is shown in the units in which it was written', () => {
    const { plan } = withChecks('asa: { atMost: 45s }', 'success_rate: { atLeast: 99.25% }')
    const shown = plan === undefined ? '' : showPlan(plan)

    expect(shown).toContain('asa ≤ 45 s')
    expect(shown).toContain('success_rate ≥ 99.25%')
  })
})
