import { createHash } from 'node:crypto'
import { invariant } from '../../kernel/invariant.ts'
import { isTimeZone } from '../../kernel/local-time.ts'
import { buildPlan } from './build-plan.ts'
import { checkNode } from './check-node.ts'
import { entriesOf, type PlanDraft } from './draft.ts'
import { type GuideImport, importGuidePayload, isGuidePayload } from './import-guide.ts'
import type { LintInput } from './lint.ts'
import { lintPlan } from './lint-plan.ts'
import { type IncludedFile, type LoadedAgents, loadAgents, type ReadFile } from './load-agents.ts'
import type { Override, Plan } from './plan.ts'
import { PlanFile } from './plan-schema.ts'
import { applyOverrides, guidePolicy, policyFor } from './policies.ts'
import type { Problem } from './problem.ts'
import { readWindow, type Window } from './read-windows.ts'
import { readSource, type SourceFile } from './source-file.ts'

/** What a look at a plan file found. */
export interface CheckedPlan {
  /** Absent as soon as there is one error. */
  readonly plan?: Plan
  /** In the order of the file, the plan's own first. */
  readonly problems: readonly Problem[]
  /** The file would harm callers as it stands; outranks every other problem (exit code 4). */
  readonly refusedForSafety?: true
  /** What was made of it, if the file is a payload of the guides and no plan. */
  readonly imported?: GuideImport
}

/**
 * Reads a plan and reports every problem at once, each at its own line and column.
 *
 * A wave payload of the guides is recognised and judged as what it is (W5.2, D16).
 *
 * @param file path as the user gave it; agents' files are looked for in its folder
 */
export function checkPlan(
  text: string,
  file: string,
  options: { readonly readFile: ReadFile },
): CheckedPlan {
  const source = readSource(text, file)
  if (source.syntaxProblems.length > 0) return { problems: source.syntaxProblems }
  if (isGuidePayload(source)) return checkPayload(text, file)
  if (!planKeys.some((key) => source.has([key]))) return { problems: [noPlan(source)] }
  const { raw, draft, problems } = checkNode(PlanFile, source)
  if (!isDraft(draft)) return { problems }

  const agents = loadAgents(draft, source, options.readFile)
  const windows = readWindows(draft, source)
  const linted = lintPlan(
    lintInput(draft, source, { agents: agents.agents, windows: windows.windows }),
  )
  const all = inOrder([...problems, ...agents.problems, ...windows.problems, ...linted], file)
  if (all.some(({ severity }) => severity === 'error')) return { problems: all }
  return { plan: build(raw, { text, file, agents, windows: windows.windows }), problems: all }
}

/** With none of these a file is something else, and what else it lacks is of no help. */
const planKeys = ['changeover', 'platforms', 'dns', 'sites', 'gates', 'waves']

function noPlan(source: SourceFile): Problem {
  const message = 'this is no plan: it has none of the keys that a plan has'
  return source.problemAt(0, {
    code: 'plan.no-plan',
    message,
    advice: 'a plan begins with "changeover: 1"; examples/two-sites.yaml is one to copy',
  })
}

function checkPayload(text: string, file: string): CheckedPlan {
  const imported = importGuidePayload(text, file)
  const refused = imported.hazards.length > 0
  return { problems: imported.problems, imported, ...(refused ? { refusedForSafety: true } : {}) }
}

/** `checkNode` walked the schema of `PlanFile`, so what it could read has that shape. */
function isDraft(draft: unknown): draft is PlanDraft {
  return typeof draft === 'object' && draft !== null
}

function readWindows(draft: PlanDraft, source: SourceFile) {
  const windows = new Map<string, Window>()
  const problems: Problem[] = []
  const { timeZone } = draft
  if (timeZone === undefined) return { windows, problems }
  if (!isTimeZone(timeZone)) {
    const message = `timeZone: "${timeZone}" is no zone that is known here; write an IANA name, like America/Chicago`
    problems.push(source.problemOf(['timeZone'], 'value', { code: 'plan.time-zone', message }))
    return { windows, problems }
  }
  for (const [id, wave] of entriesOf(draft.waves)) {
    if (wave.window === undefined) continue
    const window = readWindow(wave.window, timeZone)
    if (window.ok) windows.set(id, window.value)
    else {
      const message = `waves.${id}.window: ${window.problem}`
      problems.push(
        source.problemOf(['waves', id, 'window'], 'value', { code: 'plan.window', message }),
      )
    }
  }
  return { windows, problems }
}

function lintInput(
  draft: PlanDraft,
  source: SourceFile,
  read: Pick<LintInput, 'agents' | 'windows'>,
): LintInput {
  const overrides = (draft.overrides ?? []).flatMap((override): Override[] => {
    const { what, to, because } = override ?? {}
    if (what === undefined || to === undefined || because === undefined) return []
    return [{ what, to, because, ...(override?.for === undefined ? {} : { for: override.for }) }]
  })
  const general = overrides.filter((override) => override.for === undefined)
  const scoped = { policy: applyOverrides(guidePolicy, general), overrides }
  return {
    draft,
    ...read,
    policyFor: (scope) => policyFor(scoped, scope),
    isWritten: source.has,
    problemOf: source.problemOf,
  }
}

interface Parts {
  readonly text: string
  readonly file: string
  readonly agents: LoadedAgents
  readonly windows: ReadonlyMap<string, Window>
}

function build(raw: unknown, { text, file, agents, windows }: Parts): Plan {
  const read = PlanFile.safeParse(raw)
  invariant(read.success, 'a plan without problems satisfies its own schema')
  const located = [...agents.agents].map(
    ([id, rows]) => [id, rows.map(({ agent }) => agent)] as const,
  )
  return buildPlan(read.data, {
    file,
    digest: digestOf(text, agents.files),
    agents: new Map(located),
    windows,
  })
}

/** Of the plan's text, then of each included file; lengths between them, so that moving a line is a change. */
function digestOf(text: string, files: readonly IncludedFile[]): string {
  const hash = createHash('sha256')
  for (const part of [text, ...files.map((each) => each.text)])
    hash.update(`${Buffer.byteLength(part)}\n`).update(part)
  return hash.digest('hex')
}

function inOrder(problems: readonly Problem[], plan: string): readonly Problem[] {
  const rank = ({ file }: Problem) => (file === plan ? '' : file)
  return [...problems].sort(
    (a, b) => rank(a).localeCompare(rank(b)) || a.line - b.line || a.column - b.column,
  )
}
