import { formatDuration } from '../../kernel/duration.ts'
import { formatLocalTime } from '../../kernel/local-time.ts'
import { formatSipAddress } from '../../kernel/sip-address.ts'
import { ms, msOf } from '../../kernel/units.ts'
import { showLimit } from '../gates/index.ts'
import { metrics } from './metrics.ts'
import type { Gate, Override, Plan, PlatformSettings, Policy, Site, Wave } from './plan.ts'
import { guidePolicy, policyFor } from './policies.ts'
import { worstCaseWayBack } from './way-back.ts'

/** A plan as it is meant, defaults and all: what `plan show` prints. Secrets are named only. */
export function showPlan(plan: Plan): string {
  const blocks = [
    [`plan ${plan.name} · ${plan.file} · ${plan.timeZone} · digest ${plan.digest.slice(0, 12)}`],
    Object.entries(plan.platforms).map(
      ([id, settings]) => `platform ${id}  ${showPlatform(settings)}`,
    ),
    showDns(plan),
    ...Object.values(plan.sites).map(showSite),
    ...Object.values(plan.gates).map(showGate),
    ...Object.values(plan.waves).map((wave) => showWave(plan, wave)),
    showPolicy(plan.policy),
    plan.overrides.map(showOverride),
    (plan.attest ?? []).map(({ what, because }) => `attested ${what}, because: ${because}`),
  ]
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

function showPlatform(settings: PlatformSettings): string {
  const gateway = `calls at ${formatSipAddress(settings.gateway)}`
  if (settings.kind === 'genesys-cloud')
    return `Genesys Cloud ${settings.region} · ${gateway} · shares in ${settings.shareTable}`
  const lever =
    settings.agents === undefined ? 'no lever for agents' : `agents by ${settings.agents.by}`
  return `SBC ${settings.profile} at ${settings.rpc} · ${gateway} · ${lever}`
}

function showDns({ dns }: Plan): string[] {
  return [
    ...Object.entries(dns.zones).map(
      ([name, zone]) =>
        `zone ${name}  ${zone.provider} at ${showAddress(zone.server)} · ${zone.authoritative.length} authoritative`,
    ),
    ...dns.resolvers.map(
      ({ name, address, at }) =>
        `resolver ${name}  ${showAddress(address)}${at === undefined ? '' : ` · on site ${at}`}`,
    ),
  ]
}

function showAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  const shown = host.includes(':') ? `[${host}]` : host
  return port === 53 ? shown : `${shown}:${port}`
}

function showSite(site: Site): string[] {
  const { trunk, interconnect } = site
  const limit = trunk.maxSessions === undefined ? '' : ` · ${trunk.maxSessions} sessions`
  return [
    `site ${site.id}  ${site.from} → ${site.to} · ${site.numbers.length} numbers · ${site.agents.length} agents · ${site.queues.length} queues`,
    `  records       ${site.records.map(({ name, type }) => `${name} ${type}`).join(', ')} · ttl ${site.ttl} s`,
    `  trunk         ${trunk.name} · ${trunk.codecs.join(', ')} · ${trunk.transport} · srtp ${trunk.srtp}${limit}`,
    `  source trunk  ${site.sourceTrunk}`,
    `  flow          ${site.flow} · outbound route ${site.outboundRoute}`,
    `  interconnect  ${interconnect.trunk} · ${interconnect.maxSessions} sessions`,
    `  drain         ${formatDuration(site.drainLongest)} at most`,
    ...site.queues.map(({ name, from, to }) => `  queue ${name}  ${from} → ${to}`),
  ]
}

function showGate(gate: Gate): string[] {
  const mode = gate.mode === 'all' ? 'all checks' : `weighted, score ${gate.minimumScore}% or more`
  return [
    `gate ${gate.name}  ${mode} · holds ${formatDuration(gate.hold.longest)}, ${gate.hold.owner} decides, then ${gate.hold.then}`,
    ...gate.checks.map(showCheck),
  ]
}

function showCheck(check: Gate['checks'][number]): string {
  const { metric, atLeast, atMost, window, minimumSample, weight, veto, numbers } = check
  const limit = (sign: string, value: number | undefined) =>
    value === undefined ? '' : ` ${sign} ${showLimit(value, unitOf(metric))}`
  const called = numbers === undefined ? '' : ` · ${numbers} numbers`
  return `  ${metric}${limit('≥', atLeast)}${limit('≤', atMost)}${called} · last ${formatDuration(window)} · ${minimumSample} samples at least · weight ${weight}${veto ? ' · veto' : ''}`
}

function unitOf(metric: string) {
  const unit = Object.hasOwn(metrics, metric) ? metrics[metric]?.unit : 'ratio'
  return unit === 'ms' || unit === 'ratio' ? unit : 'count'
}

function showWave(plan: Plan, wave: Wave): string[] {
  const back = worstCaseWayBack(plan, wave)
  const { window } = wave
  const at = (instant: Parameters<typeof formatLocalTime>[0]) =>
    formatLocalTime(instant, plan.timeZone)
  const when =
    window === undefined
      ? 'no window, may be selected at once'
      : `${at(window.from)} .. ${at(window.to)} (${formatDuration(ms(window.to - window.from))})`
  return [
    `wave ${wave.id}  ${wave.sites.join(', ')} · ${when}`,
    `  stages        ${wave.stages.map((stage) => `${stage}%`).join(' ')} · gate ${wave.gate}`,
    `  rolls back    when ${wave.rollbackTrigger}`,
    `  way back      at worst ${formatDuration(back.total)}: drain ${formatDuration(back.drain)}, caches ${formatDuration(back.caches)}, propagation ${formatDuration(back.propagation)}, agents ${formatDuration(back.agents)}${back.hands === 0 ? '' : `, by hand ${formatDuration(back.hands)}`}`,
    ...wave.sites.map((site) => {
      const policy = policyFor(plan, { wave: wave.id, site })
      return `  ${site}  TTL lowered ${formatDuration(policy.ttlLead)} ahead, licences ${formatDuration(policy.licenceLead)} ahead`
    }),
  ]
}

function showPolicy(policy: Policy): string[] {
  const line = (name: string, shown: string, guide: boolean) =>
    `  ${name.padEnd(22)}${shown}${guide ? '' : '  (overridden)'}`
  const duration = (
    name: string,
    key:
      | 'ttlLead'
      | 'ttlMargin'
      | 'propagationLimit'
      | 'licenceLead'
      | 'licencePatience'
      | 'stageSoak'
      | 'drainQuiet'
      | 'soak',
  ) => line(name, formatDuration(policy[key]), policy[key] === guidePolicy[key])
  return [
    'policy',
    line(
      'dns.cutoverTtl',
      formatDuration(msOf(policy.cutoverTtl)),
      policy.cutoverTtl === guidePolicy.cutoverTtl,
    ),
    duration('dns.ttlLead', 'ttlLead'),
    duration('dns.ttlMargin', 'ttlMargin'),
    duration('dns.propagationLimit', 'propagationLimit'),
    line('dns.resolvers', String(policy.resolvers), policy.resolvers === guidePolicy.resolvers),
    duration('licences.lead', 'licenceLead'),
    duration('licences.patience', 'licencePatience'),
    line(
      'agents.first',
      String(policy.firstAgents),
      policy.firstAgents === guidePolicy.firstAgents,
    ),
    line(
      'agents.firstShare',
      `${policy.firstAgentsShare}%`,
      policy.firstAgentsShare === guidePolicy.firstAgentsShare,
    ),
    line(
      'agents.perSecond',
      String(policy.agentsPerSecond),
      policy.agentsPerSecond === guidePolicy.agentsPerSecond,
    ),
    duration('stages.soak', 'stageSoak'),
    duration('drain.quiet', 'drainQuiet'),
    duration('release.soak', 'soak'),
  ]
}

function showOverride(override: Override): string {
  const scope = override.for === undefined ? 'the whole plan' : override.for
  return `override ${override.what} = ${override.to} for ${scope}, because: ${override.because}`
}
