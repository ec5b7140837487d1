import { z } from 'zod'
import { verbs } from '../../src/engine/run-event.ts'
import { type Route, routes } from '../../src/http/contract/routes.ts'

/** The parts of JSON Schema that the contract's schemas use. */
const Node = z.object({
  description: z.string().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  type: z.string().optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), Node).optional()
  },
  get items() {
    return Node.optional()
  },
  get oneOf() {
    return z.array(Node).optional()
  },
})
type Node = z.output<typeof Node>

/** Every route of the server with what it takes and answers: read from the contract. */
export function apiReferencePage() {
  const listed: readonly Route[] = Object.values(routes)
  const text = [...head(), ...listed.flatMap(section)]
  return { text: text.join('\n'), problems: [] }
}

function head(): readonly string[] {
  return [
    '# API reference',
    '',
    'What `changeover serve` answers over HTTP. Written by `npm run docs` from the schemas in `src/http/contract`, which requests',
    'are parsed by. The command line speaks it too.',
    '',
    'URL and token are in `server.json` of the data directory (mode 0600, new with each server): send `authorization: Bearer <token>`.',
    'Bodies are JSON, 64 KiB at most; an unknown key is an error. `Host` must be an address, `localhost`, or the name given with `--listen`.',
    `Verbs of \`requests\`: ${verbs.map((verb) => `\`${verb}\``).join(', ')}. Instants are milliseconds since 1970 (UTC), in a lab the lab’s.`,
    '',
    'An error has a status and the body `{ "error": { "code", "remedy", "message", "details" } }`; [errors.md](errors.md) says what to do for each code.',
    '400 can’t be read · 401 no token · 404 no such run or route · 409 refused · 413 too large · 421 another host · 422 a plan that can’t be used ·',
    '500 a bug · 502 DNS or a platform does not answer · 503 try again.',
    '',
    '```',
    'curl -H "authorization: Bearer $(jq -r .token .changeover/server.json)" "$(jq -r .url .changeover/server.json)/v1/runs"',
    '```',
    '',
  ]
}

function section({ method, path, what, takes, status, answers }: Route): readonly string[] {
  const sentence = what[0]?.toUpperCase() + what.slice(1)
  return [
    `## ${method} ${path}`,
    '',
    `${sentence}.`,
    '',
    ...(takes === undefined ? [] : fieldsOf('Takes', takes)),
    ...fieldsOf(`Answers ${status}`, answers),
  ]
}

function fieldsOf(title: string, schema: z.ZodType): readonly string[] {
  const node = Node.parse(z.toJSONSchema(schema))
  const rows = [node, ...(node.oneOf ?? [])].flatMap((each) => rowsOf('', each))
  return [`| ${title} | |`, '|---|---|', ...new Set(rows), '']
}

/** All keys under one, depth first, named by their path; **bold** ones are always there. */
function rowsOf(path: string, { properties = {}, required = [] }: Node): readonly string[] {
  return Object.entries(properties).flatMap(([key, node]) => {
    const name = path === '' ? key : `${path}.${key}`
    const shown = required.includes(key) ? `**\`${name}\`**` : `\`${name}\``
    const below = node.items === undefined ? rowsOf(name, node) : rowsOf(`${name}[]`, node.items)
    return [`| ${shown} | ${describe(node)} |`, ...below]
  })
}

function describe({ description, const: fixed, enum: choices, type = 'object', items }: Node) {
  if (fixed !== undefined) return `\`${String(fixed)}\``
  if (choices !== undefined) return choices.map((choice) => `\`${String(choice)}\``).join(', ')
  const kind = items === undefined ? type : `list of ${items.type ?? 'object'}s`
  return description === undefined ? kind : `${kind}: ${description}`
}
