import { dirname } from 'node:path'
import { type Problem, parseSecretText } from '../features/plan/index.ts'
import type { RegisteringAgent } from '../features/registrations/index.ts'
import { type CsvField, splitCsvLine } from '../kernel/csv.ts'
import { SipFormatError } from '../protocols/sip/errors.ts'
import { parseUri } from '../protocols/sip/uri.ts'
import { lookUpSecret } from './secrets.ts'

export const registeringColumns = ['address', 'user', 'password'] as const
type Column = (typeof registeringColumns)[number]

export interface AgentsFile {
  readonly text: string
  /** As it was given, for messages; secrets in files are looked for from its folder. */
  readonly file: string
  /** Whose users they are where an address has no domain. */
  readonly domain: string
  readonly environment: NodeJS.ProcessEnv
}

interface Read {
  readonly agents: readonly RegisteringAgent[]
  readonly problems: readonly Problem[]
}

type Report = (line: number, column: number, message: string) => void

/**
 * Reads `address,user,password` with a header line: who is to be registered, and with what they prove it.
 *
 * `address` is `sip:1001@acme.example` or `1001`; `user` is its user part where it is left out. A password is best named
 * (`env:NAME`, `file:path`); without one no proof is given. Every problem is told at once, and none with a password in it.
 */
export function readRegisteringAgents(source: AgentsFile): Read {
  const problems: Problem[] = []
  const { file, text } = source
  const report: Report = (line, column, message) =>
    problems.push({ file, line, column, severity: 'error', code: 'sip.agents-csv', message })
  const [header = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const order = readHeader(splitCsvLine(header), report)
  if (order === undefined) return { agents: [], problems }
  const secretOf = createSecrets(source)
  const read = lines.flatMap((row, index) => {
    if (row.trim() === '') return []
    const line = index + 2
    const at = fieldsOf(splitCsvLine(row), { order, line, report })
    const agent = at === undefined ? undefined : readAgent(at, { source, line, report, secretOf })
    return agent === undefined ? [] : [{ agent, line, column: at?.('address').column ?? 1 }]
  })
  if (read.length === 0 && problems.length === 0) report(1, 1, 'nobody is in this file')
  return { agents: withoutTwins(read, report), problems }
}

interface AgentRow {
  readonly agent: RegisteringAgent
  readonly line: number
  readonly column: number
}

/** Two that register the same address would take turns in one binding. */
function withoutTwins(rows: readonly AgentRow[], report: Report): readonly RegisteringAgent[] {
  const lines = new Map<string, number>()
  return rows.flatMap(({ agent, line, column }) => {
    const before = lines.get(agent.address)
    if (before === undefined) {
      lines.set(agent.address, line)
      return [agent]
    }
    report(line, column, `${agent.address} is in line ${before} already`)
    return []
  })
}

function readHeader(fields: readonly CsvField[], report: Report): readonly string[] | undefined {
  const names = fields.map(({ text }) => text.toLowerCase())
  const known: readonly string[] = registeringColumns
  let isReadable = true
  for (const [index, { text, column }] of fields.entries()) {
    const name = names[index] ?? ''
    const isTwice = names.indexOf(name) < index
    if (known.includes(name) && !isTwice) continue
    report(1, column, `"${text}" is ${isTwice ? 'here twice' : 'no column'}`)
    isReadable = false
  }
  if (!names.includes('address')) {
    report(1, 1, `column "address" is missing; expected ${known.join(',')}`)
    isReadable = false
  }
  return isReadable ? names : undefined
}

type FieldOf = (name: Column) => CsvField

function fieldsOf(
  fields: readonly CsvField[],
  how: { readonly order: readonly string[]; readonly line: number; readonly report: Report },
): FieldOf | undefined {
  const { order, line, report } = how
  if (fields.length !== order.length) {
    const expected = `expected ${order.length} (${order.join(',')})`
    report(line, fields.at(-1)?.column ?? 1, `${fields.length} fields; ${expected}`)
    return undefined
  }
  return (name) => fields[order.indexOf(name)] ?? { text: '', column: 1 }
}

type SecretOf = (text: string) => { readonly value: string } | { readonly missing: string }

function readAgent(
  at: FieldOf,
  how: {
    readonly source: AgentsFile
    readonly line: number
    readonly report: Report
    readonly secretOf: SecretOf
  },
): RegisteringAgent | undefined {
  const { source, line, report, secretOf } = how
  const address = readAddress(at('address').text, source.domain)
  if (address === undefined) {
    const { text, column } = at('address')
    report(line, column, `"${text}" is no address; write sip:1001@acme.example, or 1001`)
  }
  const secret = at('password')
  const found = secret.text === '' ? undefined : secretOf(secret.text)
  if (found !== undefined && 'missing' in found) {
    report(line, secret.column, `password: ${found.missing}`)
    return undefined
  }
  if (address === undefined) return undefined
  if (found === undefined) return { address: address.text }
  const username = at('user').text === '' ? address.user : at('user').text
  return { address: address.text, credentials: { username, password: found.value } }
}

function readAddress(text: string, domain: string) {
  const whole = /^sips?:/i.test(text)
    ? text
    : `sip:${text.includes('@') ? text : `${text}@${domain}`}`
  try {
    const uri = parseUri(whole)
    // Parameters would be of one device, an address of record has none.
    if (uri.kind !== 'sip' || uri.user === undefined || /[;?]/.test(whole)) return undefined
    return { text: whole, user: uri.user }
  } catch (error) {
    if (error instanceof SipFormatError) return undefined
    throw error
  }
}

/** Each reference is looked up once, however many agents share it. */
function createSecrets({ file, environment }: AgentsFile): SecretOf {
  const known = new Map<string, ReturnType<SecretOf>>()
  return (text) => {
    if (!/^(?:env|file):/.test(text)) return { value: text }
    const found = known.get(text) ?? lookUp(text, { folder: dirname(file), environment })
    known.set(text, found)
    return found
  }
}

function lookUp(
  text: string,
  { folder, environment }: { readonly folder: string; readonly environment: NodeJS.ProcessEnv },
): ReturnType<SecretOf> {
  const parsed = parseSecretText(text)
  // What can't be read as a reference may be a password: it is not shown.
  if (!parsed.ok)
    return { missing: 'begins as a reference and is none; write env:NAME or file:path' }
  return lookUpSecret(parsed.value, folder, environment)
}
