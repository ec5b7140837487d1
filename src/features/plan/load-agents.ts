import { dirname, isAbsolute, join } from 'node:path'
import { entriesOf, type PlanDraft, type SiteDraft } from './draft.ts'
import type { LocatedAgent } from './lint.ts'
import type { PlanAgent } from './plan.ts'
import type { Problem } from './problem.ts'
import { readAgentsCsv } from './read-agents-csv.ts'
import type { SourceFile } from './source-file.ts'

/** A file that the plan names, for its digest. */
export interface IncludedFile {
  readonly path: string
  readonly text: string
}

export interface LoadedAgents {
  readonly agents: ReadonlyMap<string, readonly LocatedAgent[]>
  readonly files: readonly IncludedFile[]
  readonly problems: readonly Problem[]
}

/** Reads a file by its path as the plan writes it, from the plan's own folder; undefined when there is none. */
export type ReadFile = (path: string) => string | undefined

/** Agents of every site, written in the plan or in the CSV file that it names (from the plan's own folder). */
export function loadAgents(draft: PlanDraft, source: SourceFile, readFile: ReadFile): LoadedAgents {
  const agents = new Map<string, readonly LocatedAgent[]>()
  const files: IncludedFile[] = []
  const problems: Problem[] = []
  for (const [id, site] of entriesOf(draft.sites)) {
    const csv = csvOf(site)
    if (csv === undefined) {
      const inline = readInline(site, id, source)
      if (inline !== undefined) agents.set(id, inline)
      continue
    }
    const path = isAbsolute(csv) ? csv : join(dirname(source.file), csv)
    const text = readFile(csv)
    if (text === undefined) {
      const message = `sites.${id}.agents.file: there is no file ${path}`
      problems.push(
        source.problemOf(['sites', id, 'agents', 'file'], 'value', {
          code: 'plan.no-file',
          message,
        }),
      )
      continue
    }
    files.push({ path, text })
    const read = readAgentsCsv(text, path)
    problems.push(...read.problems)
    agents.set(
      id,
      read.rows.map(
        ({ agent, line, columns }): LocatedAgent => ({
          agent,
          problemAt: (field, { severity = 'error' as const, code, message }): Problem => ({
            file: path,
            line,
            column: columns[field],
            severity,
            code,
            message,
          }),
        }),
      ),
    )
  }
  return { agents, files, problems }
}

function csvOf({ agents }: SiteDraft): string | undefined {
  return agents !== undefined && 'file' in agents ? agents.file : undefined
}

function readInline({ agents }: SiteDraft, id: string, source: SourceFile) {
  if (agents === undefined || !Array.isArray(agents)) return undefined
  const rows: readonly unknown[] = agents
  return rows.flatMap((row, index): LocatedAgent[] =>
    isAgent(row)
      ? [
          {
            agent: row,
            problemAt: (field, finding) =>
              source.problemOf(['sites', id, 'agents', index, field], 'value', finding),
          },
        ]
      : [],
  )
}

function isAgent(row: unknown): row is PlanAgent {
  if (typeof row !== 'object' || row === null) return false
  const read: Readonly<Record<string, unknown>> = { ...row }
  const texts = ['extension', 'user', 'licence'].every((name) => typeof read[name] === 'string')
  const queues = read['queues']
  return texts && Array.isArray(queues) && queues.every((queue) => typeof queue === 'string')
}
