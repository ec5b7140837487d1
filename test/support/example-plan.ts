import { readFileSync } from 'node:fs'
import { checkPlan } from '../../src/features/plan/index.ts'

const root = new URL('../../', import.meta.url)

/** The plan that the documents show, as it stands in examples/. */
export const example = readFileSync(new URL('examples/two-sites.yaml', root), 'utf8')

export function readBesideExample(path: string): string | undefined {
  const name = /agents\/(dallas|reno)\.csv$/.exec(path)?.[0]
  return name === undefined ? undefined : readFileSync(new URL(`examples/${name}`, root), 'utf8')
}

/** Checks a text as if it stood beside the example, with its agents. */
export function checkAsExample(text: string) {
  return checkPlan(text, 'acme.yaml', { readFile: readBesideExample })
}
