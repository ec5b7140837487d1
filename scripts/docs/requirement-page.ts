import type { SourceFile } from './source-file.ts'

interface Proof {
  readonly id: string
  readonly test: string
  readonly path: string
}

const title =
  /\b(?:it|test|describe)(?:\.each\([\s\S]*?\))?\(\s*['"`]((?:[A-Z]{1,2}\d+(?:\.\d+)?[, ]+)+)([^'"`]*)/g

/** Which requirement is proved by which test, and which is not yet. Ids come from the tests' titles. */
export function requirementPage(list: string, tests: readonly SourceFile[]) {
  const ids = list
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ id: line.split(' ')[0] ?? '', what: line.slice(line.indexOf(' ') + 1) }))
  const known = new Set(ids.map(({ id }) => id))
  const proofs = tests.flatMap(proofsOf)
  const problems = proofs
    .filter(({ id }) => !known.has(id))
    .map(({ id, path, test }) => `"${test}" in ${path} names ${id}, which is no requirement`)
  const rows = ids.map(
    ({ id, what }) =>
      `| ${id} | ${what} | ${provedBy(proofs.filter((proof) => proof.id === id))} |`,
  )
  return { text: [...head, ...rows, ''].join('\n'), problems }
}

const head = [
  '# Requirements',
  '',
  'Each requirement with the module and the tests that prove it. Written by `npm run docs` from the tests’ titles;',
  'a requirement without a test says *open*: it is not claimed. Some are proved in part: the tests’ titles say which part.',
  '',
  '| id | what | module and tests |',
  '|---|---|---|',
]

function proofsOf({ path, text }: SourceFile): readonly Proof[] {
  return [...text.matchAll(title)].flatMap(([, ids = '', test = '']) =>
    ids
      .split(/[, ]+/)
      .filter((id) => id !== '')
      .map((id) => ({ id, test, path })),
  )
}

function provedBy(proofs: readonly Proof[]): string {
  if (proofs.length === 0) return '*open*'
  const files = [...new Set(proofs.map(({ path }) => path))]
  return files
    .map((path) => `${path} (${proofs.filter((proof) => proof.path === path).length})`)
    .join(', ')
}
