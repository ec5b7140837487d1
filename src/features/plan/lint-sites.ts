import { entriesOf, memberOf, type SiteDraft } from './draft.ts'
import type { Lint, LintInput } from './lint.ts'
import { nearestName, suggest } from './nearest-name.ts'
import type { Problem } from './problem.ts'

/** Queues and agents of each site against each other, and no number or agent twice. */
export const lintSites: Lint = (input) => [
  ...entriesOf(input.draft.sites).flatMap(([id, site]) => [
    ...lintQueues(input, id, site),
    ...lintAgentQueues(input, id, site),
    ...lintLever(input, id, site),
    ...lintSrtp(input, id, site),
    ...lintSessions(input, id, site),
  ]),
  ...lintNumbers(input),
  ...lintAgentsTwice(input),
]

function lintQueues(input: LintInput, id: string, site: SiteDraft): Problem[] {
  const agents = input.agents.get(id)
  if (agents === undefined || site.queues === undefined) return []
  const queues = Object.keys(site.queues)
  const named = new Set(agents.flatMap(({ agent }) => agent.queues))
  const strangers = [...named].filter((name) => !queues.includes(name))
  return queues
    .filter((queue) => !named.has(queue))
    .map((queue) => {
      const near = nearestName(queue, strangers)
      const because =
        near === undefined
          ? 'no agent of the site is in this queue; a queue without agents is given no traffic'
          : `the site's agents name queue "${near}"; did you mean that?`
      return input.problemOf(['sites', id, 'queues', queue], 'key', {
        code: 'plan.queue-without-agents',
        message: `sites.${id}.queues.${queue}: ${because}`,
      })
    })
}

function lintAgentQueues(input: LintInput, id: string, site: SiteDraft): Problem[] {
  if (site.queues === undefined) return []
  const queues = Object.keys(site.queues)
  return (input.agents.get(id) ?? []).flatMap(({ agent, problemAt }) =>
    agent.queues
      .filter((queue) => !queues.includes(queue))
      .map((queue) =>
        problemAt('queues', {
          code: 'plan.unknown-queue',
          message: `agent ${agent.extension}: site ${id} has no queue "${queue}"${suggest(queue, queues)}`,
        }),
      ),
  )
}

/** A PBX has no call for queue membership (D5): the plan names the lever, or it is refused with those there are. */
function lintLever(input: LintInput, id: string, site: SiteDraft): Problem[] {
  const platform = memberOf(input.draft.platforms, site.from)
  const agents = input.agents.get(id)?.length ?? 0
  if (platform?.kind !== 'sbc' || agents === 0) return []
  if ('agents' in platform && platform.agents !== undefined) return []
  return [
    input.problemOf(['platforms', site.from ?? ''], 'key', {
      code: 'plan.no-lever',
      message: `platforms.${site.from}: a PBX has no call that takes agents out of its queues, and site ${id} has ${agents}`,
      advice:
        'name the lever: agents: { by: rest, url: … } for a service of yours, or agents: { by: hand }: a person does it at each stage, and types the site’s name (changeover confirm)',
    }),
  ]
}

function lintSrtp(input: LintInput, id: string, site: SiteDraft): Problem[] {
  const gateway = memberOf(input.draft.platforms, site.to)?.gateway
  const transport = site.trunk?.transport ?? gateway?.transport
  const problems: Problem[] = []
  if (site.trunk?.srtp === 'sdes' && transport !== undefined && transport !== 'tls')
    problems.push(
      input.problemOf(['sites', id, 'trunk', 'srtp'], 'value', {
        code: 'plan.sdes-without-tls',
        message: `sites.${id}.trunk.srtp: SDES sends its keys in the signalling, which runs over ${transport} in clear`,
        advice: 'set transport: tls',
      }),
    )
  if (
    site.trunk?.srtp === 'dtls' &&
    memberOf(input.draft.platforms, site.to)?.kind === 'genesys-cloud'
  )
    problems.push(
      input.problemOf(['sites', id, 'trunk', 'srtp'], 'value', {
        code: 'plan.srtp',
        message: `sites.${id}.trunk.srtp: Genesys Cloud's API has no DTLS for an external trunk`,
        advice: 'srtp: sdes over transport: tls, or let the SBC in front of it do DTLS',
      }),
    )
  const written = site.trunk?.transport
  if (written !== undefined && gateway !== undefined && written !== gateway.transport)
    problems.push(
      input.problemOf(['sites', id, 'trunk', 'transport'], 'value', {
        code: 'plan.transport',
        message: `sites.${id}.trunk.transport: the trunk takes ${written}, but the gateway of platforms.${site.to} is called over ${gateway.transport}`,
      }),
    )
  return problems
}

function lintNumbers(input: LintInput): Problem[] {
  const owners = new Map<string, string>()
  return entriesOf(input.draft.sites).flatMap(([id, site]) =>
    (site.numbers ?? []).flatMap((range, index) => {
      const fault = claimNumbers(owners, range ?? [], id)
      if (fault === undefined) return []
      const message = `sites.${id}.numbers[${index}]: ${fault}; a number has one site`
      const path = ['sites', id, 'numbers', index]
      return [input.problemOf(path, 'value', { code: 'plan.number-twice', message })]
    }),
  )
}

/** Genesys Cloud's API has no such property of a trunk (D5): nobody but a person can say that it holds. */
function lintSessions(input: LintInput, id: string, site: SiteDraft): Problem[] {
  const sessions = site.trunk?.maxSessions
  if (sessions === undefined || memberOf(input.draft.platforms, site.to)?.kind !== 'genesys-cloud')
    return []
  return [
    input.problemOf(['sites', id, 'trunk', 'maxSessions'], 'value', {
      severity: 'warn',
      code: 'plan.attest',
      message: `sites.${id}.trunk.maxSessions: the target's API neither sets nor shows a trunk's session limit`,
      advice: `set it in the vendor's console; that the trunk takes ${sessions} calls is a person's word until a load test proves it`,
    }),
  ]
}

/** Writes the site down as owner of its numbers, and says which of them somebody owned before. */
function claimNumbers(
  owners: Map<string, string>,
  range: readonly (string | undefined)[],
  site: string,
): string | undefined {
  const numbers = range.filter((number) => number !== undefined)
  const taken = numbers.filter((number) => owners.has(number))
  const [first] = taken
  const owner = first === undefined ? undefined : owners.get(first)
  for (const number of numbers) owners.set(number, site)
  if (owner === undefined) return undefined
  const others = taken.length > 1 ? ` and ${taken.length - 1} more` : ''
  return `${first}${others} is ${owner === site ? 'in this site already' : `in site ${owner} too`}`
}

function lintAgentsTwice(input: LintInput): Problem[] {
  const owners = new Map<string, string>()
  return [...input.agents].flatMap(([site, agents]) =>
    agents.flatMap(({ agent, problemAt }) =>
      (['extension', 'user'] as const).flatMap((field) => {
        // Two PBXs may use one extension twice; a user of the target is one person.
        const key =
          field === 'user' ? `user ${agent.user.toLowerCase()}` : `${site} ${agent.extension}`
        const owner = owners.get(key)
        owners.set(key, site)
        if (owner === undefined) return []
        const message = `${field} ${agent[field]} is in site ${owner} already; an agent is on one platform at a time`
        return [problemAt(field, { code: 'plan.agent-twice', message })]
      }),
    ),
  )
}
