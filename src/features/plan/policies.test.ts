import { describe, expect, it } from 'vitest'
import { applyOverride, guidePolicy, overrideNames } from './policies.ts'

describe('overrides', () => {
  it.each([
    ['dns.cutoverTtl', '2m', { cutoverTtl: 120 }],
    ['dns.ttlLead', '24h', { ttlLead: 86_400_000 }],
    ['dns.ttlMargin', '5s', { ttlMargin: 5000 }],
    ['dns.propagationLimit', '30m', { propagationLimit: 1_800_000 }],
    ['dns.resolvers', '1', { resolvers: 1 }],
    ['licences.lead', '1h', { licenceLead: 3_600_000 }],
    ['licences.patience', '5m', { licencePatience: 300_000 }],
    ['agents.first', '2', { firstAgents: 2 }],
    ['agents.firstShare', '50%', { firstAgentsShare: 50 }],
    ['agents.perSecond', '0.5', { agentsPerSecond: 0.5 }],
    ['stages.soak', '1s', { stageSoak: 1000 }],
    ['release.soak', '1s', { soak: 1000 }],
  ])('%s to %s changes that figure alone', (what, to, change) => {
    expect(applyOverride(guidePolicy, what, to)).toEqual({
      ok: true,
      value: { ...guidePolicy, ...change },
    })
  })

  it('there is one for every figure of the policy', () => {
    expect(overrideNames).toHaveLength(Object.keys(guidePolicy).length)
  })

  it.each([
    ['dns.ttlLeed', '24h', 'did you mean "dns.ttlLead"'],
    ['constructor', '1', 'no policy is called'],
    ['dns.ttlLead', '24', 'has no unit'],
    ['dns.resolvers', '0', 'no whole number above 0'],
    ['agents.first', '2.5', 'no whole number above 0'],
    ['agents.perSecond', '0', 'no number above 0'],
    ['agents.firstShare', '200%', 'more than 100%'],
  ])('%s to %s is refused: %s', (what, to, because) => {
    expect(applyOverride(guidePolicy, what, to)).toMatchObject({
      ok: false,
      problem: expect.stringContaining(because),
    })
  })
})
