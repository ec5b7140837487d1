import { z } from 'zod'
import { guidePolicy, overrideNames, planJsonSchema } from '../../src/features/plan/index.ts'

/** The parts of JSON Schema that the plan's schema uses. */
const Node = z.object({
  description: z.string().optional(),
  default: z.unknown().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), Node).optional()
  },
  get additionalProperties() {
    return z.union([z.boolean(), Node]).optional()
  },
  get items() {
    return Node.optional()
  },
  get oneOf() {
    return z.array(Node).optional()
  },
  get anyOf() {
    return z.array(Node).optional()
  },
})
type Node = z.output<typeof Node>

/** Every key of a plan file with what it takes: read from the schema that reads plans. */
export function planReferencePage() {
  const plan = Node.parse(planJsonSchema())
  const keys = keysOf(plan)
  const sections = keys.flatMap(([key, node]) => section(key, node))
  const problems = overrideNames
    .filter((name) => !policies.some(([known]) => known === name))
    .map((name) => `override ${name} is not described in scripts/docs/plan-reference-page.ts`)
  const text = [...head, ...topLevel(plan), ...sections, ...overrides(), '']
  return { text: text.join('\n'), problems }
}

const head = [
  '# Plan reference',
  '',
  'Every key of a plan file. Written by `npm run docs` from the schema that reads plans; the same schema for editors',
  'is `changeover plan schema`. **Bold** keys must be given. `<name>` is a name of your own: letters, digits, `-`, `_`.',
  'An unknown key is an error. Durations are written `300s`, `15m`, `72h`; percentages `10%`; secrets `env:NAME` or',
  '`file:path` (relative to the plan), never the secret itself. `changeover plan show <file>` prints what was understood.',
  '',
  'Left out: a check’s `window` is 15m, a gate’s `minimumScore` 100% and `hold.longest` 30m, `drain.longest` 2h, `stages`',
  'the steps of 10% up to 100%, `trunk.srtp` off (`sdes` needs TLS; Genesys Cloud has no `dtls` for a trunk of yours).',
  '`test_calls.numbers` is how many of the site’s numbers are called within the window; `bothWays: true` is refused while',
  'test calls carry no media.',
  '',
]

function keysOf({ properties = {} }: Node): readonly [string, Node][] {
  return Object.entries(properties)
}

function topLevel(plan: Node): readonly string[] {
  const keys = keysOf(plan)
  return ['| key | what |', '|---|---|', ...keys.map(([key, node]) => row(plan, key, node)), '']
}

function row(parent: Node, path: string, node: Node): string {
  const key = path.split('.').at(-1) ?? path
  const name = parent.required?.includes(key) === true ? `**\`${path}\`**` : `\`${path}\``
  return `| ${name} | ${describe(node)} |`
}

function describe(node: Node): string {
  const fixed = node.const === undefined ? [] : [`\`${String(node.const)}\``]
  const oneOf = (node.enum ?? []).map((value) => `\`${String(value)}\``)
  const choices = oneOf.length === 0 ? [] : [`one of ${oneOf.join(', ')}`]
  const item = node.items === undefined ? [] : [`list of: ${describe(node.items)}`]
  const words = [
    ...(node.description === undefined ? [] : [node.description]),
    ...fixed,
    ...choices,
    ...item,
  ]
  const said = words.length === 0 ? typeOf(node) : words.join('; ')
  const usual = shownDefault(node.default)
  return usual === undefined ? said : `${said}. Left out: \`${usual}\``
}

function shownDefault(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'object') return String(value)
  const text = JSON.stringify(value)
  return text === '{}' || text === '[]' ? undefined : text
}

function typeOf({ type, properties, additionalProperties }: Node): string {
  if (properties !== undefined || typeof additionalProperties === 'object') return 'see below'
  return type === 'integer' ? 'a whole number' : [type ?? 'text'].flat().join(' or ')
}

function section(key: string, node: Node): readonly string[] {
  const rows = rowsOf(key, node)
  return rows.length === 0 ? [] : [`## ${key}`, '', '| key | what |', '|---|---|', ...rows, '']
}

/** All keys under one, depth first, named by their path. */
function rowsOf(path: string, node: Node): readonly string[] {
  const { properties, additionalProperties, items, oneOf = [], anyOf = [] } = node
  const named = Object.entries(properties ?? {})
  // The metrics' checks differ in nothing but their defaults: one of them is shown.
  const shown = path.endsWith('.checks') ? oneOfEach(named) : named
  return [
    ...shown.flatMap(([key, child]) => [
      row(node, `${path}.${key}`, child),
      ...rowsOf(`${path}.${key}`, child),
    ]),
    ...(typeof additionalProperties === 'object'
      ? rowsOf(`${path}.<name>`, additionalProperties)
      : []),
    ...(items === undefined ? [] : rowsOf(`${path}[]`, items)),
    ...[...oneOf, ...anyOf].flatMap((each) => [
      ...kindRow(path, each),
      ...rowsOf(path, withoutKind(each)),
    ]),
  ]
}

function oneOfEach(checks: readonly [string, Node][]): readonly [string, Node][] {
  const named = new Set(['success_rate', 'first_response_latency', 'queueLength', 'test_calls'])
  return checks.filter(([metric]) => named.has(metric))
}

function kindOf({ properties }: Node): readonly [string, string] | undefined {
  const found = Object.entries(properties ?? {}).find(
    ([key, { const: value }]) => (key === 'kind' || key === 'by') && value !== undefined,
  )
  return found === undefined ? undefined : [found[0], String(found[1].const)]
}

function kindRow(path: string, node: Node): readonly string[] {
  const kind = kindOf(node)
  return kind === undefined ? [] : [`| **\`${path}.${kind[0]}\`** | \`${kind[1]}\`, with: |`]
}

function withoutKind(node: Node): Node {
  const kind = kindOf(node)
  if (kind === undefined) return node
  const left = Object.entries(node.properties ?? {}).filter(([key]) => key !== kind[0])
  return { ...node, properties: Object.fromEntries(left) }
}

const hours = (value: number) => `${value / 3_600_000}h`
const minutes = (value: number) => `${value / 60_000}m`

/** Override names with the guides' figure and what follows from it. */
const policies: readonly (readonly [string, string, string])[] = [
  [
    'dns.cutoverTtl',
    `${guidePolicy.cutoverTtl}s`,
    'TTL of the records while a wave lasts; a site’s `ttl` wins',
  ],
  [
    'dns.ttlLead',
    hours(guidePolicy.ttlLead),
    'least wait after the TTL was lowered; the old TTL if that is longer',
  ],
  [
    'dns.ttlMargin',
    minutes(guidePolicy.ttlMargin),
    'added to that wait, and to the caches’ part of the way back',
  ],
  [
    'dns.propagationLimit',
    minutes(guidePolicy.propagationLimit),
    'a change that is not everywhere by then holds the wave',
  ],
  ['dns.resolvers', String(guidePolicy.resolvers), 'vantage points that must exist and agree'],
  [
    'licences.lead',
    hours(guidePolicy.licenceLead),
    'licences are assigned this long before the cutover: waited for as far as the wait for caches doesn’t cover it',
  ],
  [
    'licences.patience',
    minutes(guidePolicy.licencePatience),
    'how long licences may take to be in force',
  ],
  [
    'agents.first',
    String(guidePolicy.firstAgents),
    'least size of the first group of agents, which is proved by test calls',
  ],
  [
    'agents.firstShare',
    `${guidePolicy.firstAgentsShare}%`,
    'least part of the agents in the first group',
  ],
  ['agents.perSecond', String(guidePolicy.agentsPerSecond), 'agents moved per second'],
  [
    'stages.soak',
    minutes(guidePolicy.stageSoak),
    'least time at each stage before its gate can say go',
  ],
  ['release.soak', minutes(guidePolicy.soak), 'least time at 100 % before the source is released'],
  [
    'drain.quiet',
    minutes(guidePolicy.drainQuiet),
    'no call at any look for this long before the source is released; a third of it for the target on the way back',
  ],
]

function overrides(): readonly string[] {
  return [
    '## What an override can name',
    '',
    'An override for a site wins over one for a wave, and that over one for the whole plan.',
    '',
    '| `what` | guides’ figure | what it is |',
    '|---|---|---|',
    ...policies.map(([name, figure, what]) => `| \`${name}\` | \`${figure}\` | ${what} |`),
    '',
    '## Metrics',
    '',
    'A gate’s `checks` and a wave’s `rollbackTrigger` name metrics. What a wave measures at the target, from the',
    'selection or the stage on:',
    '',
    '| metric | source |',
    '|---|---|',
    '| `success_rate` | the target’s records: calls that reached a queue ÷ those and the ones that failed, also before any queue |',
    '| `abandonment_rate`, `asa` | the target’s queue statistics |',
    '| `queueLength` | callers who wait at the target now; one figure per look |',
    '| `utilisation` | agents in a call ÷ agents on queue at the target, now; who serves several queues counts in each |',
    '| `crm_error_rate` | the plan’s `crm`: failed ÷ all writes for calls that the target handled |',
    '| `validation_failure_rate` | failed ÷ all of: our test calls, the target’s calls, their CRM writes |',
    '| `api_error_rate` | our requests to the target and the CRM: transport errors, 5xx, unexpected 4xx ÷ all; 429 with Retry-After apart. In memory: since this process began |',
    '| `first_response_latency` | p95 of the test calls within the window |',
    '| `RTT` | one OPTIONS at each look |',
    '| `test_calls` | of the numbers called within the window, those that the target itself answered. A number is dead after three failed calls in a row over a minute |',
    '| `webhook_retry_count` | nothing counts it yet: a plan that names it is refused |',
    '',
    'Test calls: two every 30 s per site, all numbers and 24 fictitious callers (+1 555 555 …) in turn; up to ten at a time while',
    'a gate’s `numbers` are not all called, or after one has failed. A call that the target answers but has no record of was',
    'answered by somebody else.',
    '',
    'A rate breaches a limit only when its 95 % interval is beyond it as a whole. Too few samples, or beyond the limit but',
    'not surely, is *not enough data*: the gate holds. The rollback trigger is judged over the same intervals, from 30 samples',
    'on (fewer where the gate’s checks ask for fewer): surely true turns the run back; otherwise it is watched on, and while it',
    'has no data, or is passed but not surely, every gate holds. It may compare metrics (`<` `<=` `>` `>=` `==` `!=`), join with',
    '`&&` `||` `!` `? :` and compute with `+ - * /`.',
  ]
}
