import { isMap, isScalar } from 'yaml'
import type { Finding, Problem } from './problem.ts'
import { keyText, type SourceFile, scalarText, startOf } from './source-file.ts'

/** The payloads of the guides that can be imported by now. */
export const guideKinds = [
  'wave',
  'dns-srv-record',
  'trunk-activation',
  'interconnect-trunk',
  'trunk-failover',
] as const
export type GuideKind = (typeof guideKinds)[number]

interface Placed {
  readonly line: number
  readonly column: number
}

/** What was made of a payload of the guides (P1.4): nothing in it is passed over in silence. */
export interface GuideImport {
  readonly kind: GuideKind | 'unknown'
  /** A field or step and what it is in our model. */
  readonly mapped: readonly (Placed & { readonly from: string; readonly to: string })[]
  /** What can't be taken over, with the decision that says why. */
  readonly refused: readonly (Placed & { readonly from: string; readonly because: string })[]
  /** `{trunkId}` and the like: the payload names no value. */
  readonly missingBindings: readonly (Placed & { readonly name: string; readonly from: string })[]
  /** Why carrying it out as printed would harm callers; with any of these it is refused for safety. */
  readonly hazards: readonly Hazard[]
  /** All of it as problems, in the order of the file. */
  readonly problems: readonly Problem[]
}

export interface Hazard extends Placed {
  readonly decision: string
  readonly what: string
  /** A counter-example, moment by moment. */
  readonly timeline: readonly { readonly at: string; readonly what: string }[]
}

/** One field of a payload and where it stands. */
export interface Field {
  readonly name: string
  readonly text: string
  readonly node: unknown
  readonly keyAt: number
  readonly valueAt: number
}

/** Gathers what an importer finds; every entry becomes a problem too, or is mapped. */
export interface Findings {
  map(at: number, from: string, to: string): void
  refuse(at: number, from: string, because: string): void
  bind(at: number, from: string, name: string): void
  endanger(at: number, hazard: Omit<Hazard, keyof Placed>): void
  note(at: number, finding: Finding): void
  finish(kind: GuideImport['kind']): GuideImport
}

export function createFindings(source: SourceFile): Findings {
  const mapped: GuideImport['mapped'][number][] = []
  const refused: GuideImport['refused'][number][] = []
  const missingBindings: GuideImport['missingBindings'][number][] = []
  const hazards: Hazard[] = []
  const problems: Problem[] = []
  const note = (at: number, finding: Finding): Placed => {
    const problem = source.problemAt(at, finding)
    problems.push(problem)
    return { line: problem.line, column: problem.column }
  }
  return {
    note,
    map(at, from, to) {
      const { line, column } = source.problemAt(at, { code: '', message: '' })
      mapped.push({ from, to, line, column })
    },
    refuse(at, from, because) {
      const place = note(at, { code: 'guide.refused', message: `${from}: ${because}` })
      refused.push({ ...place, from, because })
    },
    bind(at, from, name) {
      const message = `${from}: {${name}} is bound to nothing: the payload gives no value for it`
      missingBindings.push({ ...note(at, { code: 'guide.missing-binding', message }), name, from })
    },
    endanger(at, hazard) {
      const timeline = hazard.timeline.map(({ at: when, what }) => `${when}: ${what}`).join('; ')
      const message = `${hazard.what}. Counter-example: ${timeline}`
      hazards.push({
        ...note(at, { code: 'guide.hazard', message, advice: safeAdvice }),
        ...hazard,
      })
    },
    finish: (kind) => ({
      kind,
      mapped,
      refused,
      missingBindings,
      hazards,
      problems: sorted(problems),
    }),
  }
}

const safeAdvice =
  'write a plan: its runbook arms the target, proves it with a test call, and only then selects it'

function sorted(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column)
}

/** Fields of a mapping, in order. */
export function fieldsOf(node: unknown): readonly Field[] {
  if (!isMap(node)) return []
  return node.items.map((pair) => ({
    name: keyText(pair.key) ?? '',
    text: isScalar(pair.value) ? scalarText(pair.value) : '',
    node: pair.value,
    keyAt: startOf(pair.key),
    valueAt: pair.value === null ? startOf(pair.key) : startOf(pair.value),
  }))
}
