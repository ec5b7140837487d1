import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml'
import type { Finding, Path, Problem } from './problem.ts'

/** A YAML (or JSON) text whose every value can be found again. */
export interface SourceFile {
  readonly file: string
  readonly text: string
  readonly root: Node | null
  readonly syntaxProblems: readonly Problem[]
  /** Turns an offset in the text into a problem's place. */
  problemAt(offset: number, finding: Finding): Problem
  /** Whether anything is written there, readable or not. */
  has(path: Path): boolean
  /** The same for a path; what is not in the file is found at the nearest place above it. */
  problemOf(path: Path, on: 'key' | 'value', finding: Finding): Problem
  /** An alias is followed to what it stands for. */
  resolve(node: unknown): unknown
}

export function readSource(text: string, file: string): SourceFile {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: false,
    prettyErrors: false,
  })
  const resolve = (node: unknown) => (isAlias(node) ? node.resolve(document) : node)

  const problemAt = (offset: number, finding: Finding): Problem => {
    const { severity, advice, ...rest } = finding
    const { line, col } = lines.linePos(offset)
    const place = {
      file,
      line: Math.max(1, line),
      column: Math.max(1, col),
      severity: severity ?? ('error' as const),
      ...rest,
    }
    return advice === undefined ? place : { ...place, advice }
  }
  const syntaxProblems = fewOf([...document.errors, ...document.warnings]).map(({ message, pos }) =>
    problemAt(pos[0], { code: 'plan.syntax', message: `this is no YAML: ${message}` }),
  )
  return {
    file,
    text,
    root: document.contents,
    syntaxProblems,
    problemAt,
    has: (path) => isThere(resolve(document.contents), path, resolve),
    problemOf: (path, on, finding) =>
      problemAt(offsetOf(document.contents, path, { on, resolve }), finding),
    resolve,
  }
}

interface Fault {
  readonly message: string
  readonly pos: readonly [number, number]
}

/** A plan with a slip has a few; a file with more is something else altogether, and each line of it another error. */
const mostFaults = 5

function fewOf(faults: readonly Fault[]): readonly Fault[] {
  const [first] = faults
  if (first === undefined || faults.length <= mostFaults) return faults
  const others = `${faults.length - 1} more like it; is it another file?`
  return [{ ...first, message: `${first.message}; ${others}` }]
}

function isThere(root: unknown, path: Path, resolve: Lookup['resolve']): boolean {
  let node = root
  for (const part of path) {
    const step = stepInto(node, part, true)
    if (step === undefined) return false
    node = resolve(step.node)
  }
  return true
}

interface Lookup {
  readonly on: 'key' | 'value'
  resolve(node: unknown): unknown
}

function offsetOf(root: unknown, path: Path, lookup: Lookup): number {
  let node = lookup.resolve(root)
  let found = startOf(node)
  for (const [depth, part] of path.entries()) {
    const step = stepInto(node, part, lookup.on === 'value' && depth === path.length - 1)
    if (step === undefined) return found
    found = step.found
    node = lookup.resolve(step.node)
  }
  return found
}

function stepInto(node: unknown, part: string | number, onValue: boolean) {
  if (isMap(node)) {
    const pair = findPair(node, String(part))
    if (pair === undefined) return undefined
    const value = onValue && pair.value !== null
    return { found: startOf(value ? pair.value : pair.key), node: pair.value }
  }
  const item = isSeq(node) && typeof part === 'number' ? node.items[part] : undefined
  return item === undefined ? undefined : { found: startOf(item), node: item }
}

/** The first one: that is the one which is read; the second is reported. */
function findPair(map: YAMLMap, key: string) {
  return map.items.find((pair) => keyText(pair.key) === key)
}

/** A key as it was written: `1` stays `1`, and is no number. */
export function keyText(key: unknown): string | undefined {
  return isScalar(key) ? scalarText(key) : undefined
}

/** A scalar as it was written. YAML would make a number of `+12145550100` and lose the plus. */
export function scalarText(node: { readonly value: unknown; readonly source?: string }): string {
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value ?? ''))
}

export function startOf(node: unknown): number {
  const range =
    typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
  const start: unknown = Array.isArray(range) ? range[0] : undefined
  return typeof start === 'number' ? start : 0
}
