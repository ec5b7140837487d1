// Writes the reference pages, and what the terminal prints of them, from the sources; with --check says whether they are up to date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiReferencePage } from './docs/api-reference-page.ts'
import { errorAdvice, errorPage } from './docs/error-page.ts'
import { planReferencePage } from './docs/plan-reference-page.ts'
import { requirementPage } from './docs/requirement-page.ts'
import type { SourceFile } from './docs/source-file.ts'

function readSources(folder: string): readonly SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .map((file) => join(folder, file))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }))
}

const sources = readSources('src')
const tests = [...sources, ...readSources('test')].filter(({ path }) => path.endsWith('.test.ts'))
const pages = [
  { path: 'docs/api-reference.md', page: apiReferencePage() },
  { path: 'docs/errors.md', page: errorPage(sources) },
  { path: 'src/cli/output/error-advice.json', page: errorAdvice(sources) },
  { path: 'docs/plan-reference.md', page: planReferencePage() },
  {
    path: 'docs/requirements.md',
    page: requirementPage(readFileSync('docs/requirement-ids.txt', 'utf8'), tests),
  },
]

const checking = process.argv.includes('--check')
for (const { path, page } of pages) {
  for (const problem of page.problems) {
    console.error(`${path}: ${problem}`)
    process.exitCode = 1
  }
  if (!checking) writeFileSync(path, page.text)
  else if (readFileSync(path, 'utf8') !== page.text) {
    console.error(`${path} is not what the sources say: run npm run docs`)
    process.exitCode = 1
  }
}
