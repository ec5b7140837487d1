import { type CsvField, splitCsvLine } from '../../kernel/csv.ts'
import { suggest } from './nearest-name.ts'
import type { PlanAgent } from './plan.ts'
import type { Problem } from './problem.ts'

/** An agent and where their row stands, so that a lint can point at it. */
export interface AgentRow {
  readonly agent: PlanAgent
  /** From 1. */
  readonly line: number
  /** Column of each field, from 1. */
  readonly columns: Readonly<Record<AgentColumn, number>>
}

export const agentColumns = ['extension', 'user', 'queues', 'licence'] as const
type AgentColumn = (typeof agentColumns)[number]

/**
 * Reads `extension,user,queues,licence` with a header line; several queues are parted by `;`.
 *
 * Fields may be quoted (RFC 4180) but hold no line break. Every problem has the file's own line and column.
 */
export function readAgentsCsv(
  text: string,
  file: string,
): { readonly rows: readonly AgentRow[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const rows: AgentRow[] = []
  const [header = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const report = (line: number, column: number, message: string) =>
    problems.push({ file, line, column, severity: 'error', code: 'plan.agents-csv', message })

  const order = readHeader(splitCsvLine(header), report)
  if (order === undefined) return { rows, problems }
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue
    const row = readRow(splitCsvLine(line), { order, line: index + 2, report })
    if (row !== undefined) rows.push(row)
  }
  return { rows, problems }
}

type Report = (line: number, column: number, message: string) => void

function readHeader(fields: readonly CsvField[], report: Report): readonly string[] | undefined {
  const names = fields.map((field) => field.text.toLowerCase())
  const before = fields.length
  let readable = true
  for (const [index, { text, column }] of fields.entries()) {
    const twice = names.indexOf(text.toLowerCase()) < index
    if (agentColumns.some((name) => name === text.toLowerCase()) && !twice) continue
    const hint = twice ? ' is here twice' : ` is no column${suggest(text, [...agentColumns])}`
    report(1, column, `"${text}"${hint}`)
    readable = false
  }
  for (const name of agentColumns) {
    if (names.includes(name)) continue
    report(
      1,
      fields[before - 1]?.column ?? 1,
      `column "${name}" is missing; expected ${agentColumns.join(',')}`,
    )
    readable = false
  }
  return readable ? names : undefined
}

function readRow(
  fields: readonly CsvField[],
  { order, line, report }: { order: readonly string[]; line: number; report: Report },
): AgentRow | undefined {
  if (fields.length !== order.length) {
    const expected = `expected ${order.length} fields (${order.join(',')})`
    report(line, fields.at(-1)?.column ?? 1, `${fields.length} fields; ${expected}`)
    return undefined
  }
  const field = (name: AgentColumn): CsvField =>
    fields[order.indexOf(name)] ?? { text: '', column: 1 }
  const empty = agentColumns.filter((name) => field(name).text === '')
  for (const name of empty) report(line, field(name).column, `${name} is empty`)
  if (empty.length > 0) return undefined
  const queues = field('queues')
    .text.split(';')
    .map((queue) => queue.trim())
    .filter((queue) => queue !== '')
  return {
    agent: {
      extension: field('extension').text,
      user: field('user').text,
      queues,
      licence: field('licence').text,
    },
    line,
    columns: {
      extension: field('extension').column,
      user: field('user').column,
      queues: field('queues').column,
      licence: field('licence').column,
    },
  }
}
