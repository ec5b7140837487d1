import { onTestFinished } from 'vitest'
import { ms } from '../../src/kernel/units.ts'
import { type LabProduct, type LabProductOptions, startLabProduct } from './lab-product.ts'

/**
 * A plan that waits no longer than it must, for tests about something else than its times: the old TTL is
 * an hour, stages are few and judged on few calls.
 */
export const hurried = {
  warmUp: ms(10 * 60_000),
  policies: {
    'dns.ttlLead': '1h',
    'licences.lead': '1h',
    'stages.soak': '3m',
    'release.soak': '5m',
    'drain.quiet': '1m',
  },
  edit: (plan: string) =>
    plan
      .replaceAll('minimumSample: 20', 'minimumSample: 5')
      .replace('[ 10%, 20%, 50%, 100% ]', '[ 40%, 100% ]')
      .replace('[ 25%, 50%, 100% ]', '[ 25%, 100% ]'),
} satisfies LabProductOptions

/** The demo's two sites with the product in front of them; closed when the test is over. */
export async function givenTwoSites(options: LabProductOptions = {}): Promise<LabProduct> {
  const product = await startLabProduct(options)
  onTestFinished(() => product.close())
  return product
}

/** The same in a hurry; what is named wins. */
export function givenTwoHurriedSites(options: LabProductOptions = {}): Promise<LabProduct> {
  const { policies = {}, edit = (plan: string) => plan } = options
  return givenTwoSites({
    ...hurried,
    ...options,
    policies: { ...hurried.policies, ...policies },
    edit: (plan) => edit(hurried.edit(plan)),
  })
}
