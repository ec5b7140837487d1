import { fail, ok } from '../../kernel/result.ts'
import { type Milliseconds, ms, percent, seconds } from '../../kernel/units.ts'
import { suggest } from './nearest-name.ts'
import {
  type Parsed,
  parseDurationText,
  parsePercentText,
  parseSecondsText,
} from './parse-values.ts'
import type { Override, Plan, Policy } from './plan.ts'

/** The guides' figures. */
export const guidePolicy: Policy = {
  cutoverTtl: seconds(300),
  ttlLead: ms(72 * 3_600_000),
  ttlMargin: ms(60_000),
  propagationLimit: ms(15 * 60_000),
  licenceLead: ms(24 * 3_600_000),
  licencePatience: ms(30 * 60_000),
  firstAgents: 10,
  firstAgentsShare: percent(10),
  agentsPerSecond: 5,
  stageSoak: ms(15 * 60_000),
  soak: ms(30 * 60_000),
  drainQuiet: ms(10 * 60_000),
  resolvers: 3,
}

/**
 * How long the target must be quiet on the way back before it is disarmed: a third. The source has its
 * callers again by then, and they wait for the agents whom this keeps at the target; what comes later from
 * a cache that ignores its TTL is returned over the interconnect until the target is disarmed.
 */
export function quietOnTheWayBack({ drainQuiet }: Pick<Policy, 'drainQuiet'>): Milliseconds {
  return ms(Math.ceil(drainQuiet / 3))
}

/** How long a person may take for a step by hand before the run goes back: callers meet fewer agents meanwhile. */
export const handPatience = ms(30 * 60_000)

/** TTLs below this are refused unless an override says why (D1, W1.1). */
export const shortestTtl = seconds(60)

type Change = (policy: Policy, text: string) => Parsed<Policy>

function setting<Value>(
  parse: (text: string) => Parsed<Value>,
  set: (policy: Policy, value: Value) => Policy,
): Change {
  return (policy, text) => {
    const value = parse(text)
    return value.ok ? ok(set(policy, value.value)) : value
  }
}

/** Every policy that an override can name. */
const changes: Readonly<Record<string, Change>> = {
  'dns.cutoverTtl': setting(parseSecondsText, (policy, cutoverTtl) => ({ ...policy, cutoverTtl })),
  'dns.ttlLead': setting(parseDurationText, (policy, ttlLead) => ({ ...policy, ttlLead })),
  'dns.ttlMargin': setting(parseDurationText, (policy, ttlMargin) => ({ ...policy, ttlMargin })),
  'dns.propagationLimit': setting(parseDurationText, (policy, propagationLimit) => ({
    ...policy,
    propagationLimit,
  })),
  'dns.resolvers': setting(parseCount, (policy, resolvers) => ({ ...policy, resolvers })),
  'licences.lead': setting(parseDurationText, (policy, licenceLead) => ({
    ...policy,
    licenceLead,
  })),
  'licences.patience': setting(parseDurationText, (policy, licencePatience) => ({
    ...policy,
    licencePatience,
  })),
  'agents.first': setting(parseCount, (policy, firstAgents) => ({ ...policy, firstAgents })),
  'agents.firstShare': setting(parsePercentText, (policy, firstAgentsShare) => ({
    ...policy,
    firstAgentsShare,
  })),
  'agents.perSecond': setting(parseRate, (policy, agentsPerSecond) => ({
    ...policy,
    agentsPerSecond,
  })),
  'stages.soak': setting(parseDurationText, (policy, stageSoak) => ({ ...policy, stageSoak })),
  'drain.quiet': setting(parseDurationText, (policy, drainQuiet) => ({ ...policy, drainQuiet })),
  'release.soak': setting(parseDurationText, (policy, soak) => ({ ...policy, soak })),
}

export const overrideNames: readonly string[] = Object.keys(changes)

function parseCount(text: string): Parsed<number> {
  const count = Number(text)
  return /^\d+$/.test(text) && count > 0 ? ok(count) : fail(`"${text}" is no whole number above 0`)
}

function parseRate(text: string): Parsed<number> {
  const rate = Number(text)
  return /^\d+(\.\d+)?$/.test(text) && rate > 0 ? ok(rate) : fail(`"${text}" is no number above 0`)
}

/** The policy with one override applied, or why it can't be. */
export function applyOverride(policy: Policy, what: string, to: string): Parsed<Policy> {
  const change = Object.hasOwn(changes, what) ? changes[what] : undefined
  if (change === undefined)
    return fail(`no policy is called "${what}"${suggest(what, overrideNames)}`)
  return change(policy, to)
}

/** Overrides that can't be applied are passed over: they have been reported by `applyOverride`. */
export function applyOverrides(policy: Policy, overrides: readonly Override[]): Policy {
  return overrides.reduce((current, { what, to }) => {
    const next = applyOverride(current, what, to)
    return next.ok ? next.value : current
  }, policy)
}

/**
 * The figures that hold for one site in one wave: the plan's, then the wave's overrides, then the
 * site's. The narrower one wins.
 */
export function policyFor(
  plan: Pick<Plan, 'policy' | 'overrides'>,
  scope: { readonly wave?: string; readonly site?: string },
): Policy {
  const of = (name: string | undefined) =>
    plan.overrides.filter((override) => name !== undefined && override.for === name)
  return applyOverrides(applyOverrides(plan.policy, of(scope.wave)), of(scope.site))
}
