import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkAsExample, example } from '../../../test/support/example-plan.ts'

/* What is wrong once is told once: a reader begins with the first line. */

function errorsOf(from: string, to: string) {
  expect(example).toContain(from)
  const { problems } = checkAsExample(example.replace(from, to))
  return problems.flatMap(({ severity, message }) => (severity === 'error' ? [message] : []))
}

describe('a mistake', () => {
  it('in the name of a site is no mistake of its gate', () => {
    const errors = errorsOf('sites: [dallas]', 'sites: [dalas]')

    expect(errors).toEqual([expect.stringContaining('did you mean "dallas"')])
  })

  it('in a limit is no missing limit', () => {
    const limit = /atLeast: [\d.]+%/.exec(example)?.[0] ?? ''

    expect(errorsOf(limit, 'atLeast: 992%')).toEqual([expect.stringContaining('992%')])
  })

  it('in the syntax of a plan is told, with others of its kind, and of another file once', () => {
    const slips = errorsOf('sites: [dallas]', 'sites: [dallas')
    const prose = checkAsExample('that: is: no plan\n'.repeat(30)).problems

    expect(slips.length).toBeGreaterThan(0)
    expect(prose).toHaveLength(1)
    expect(prose[0]?.message).toMatch(/more like it; is it another file\?$/)
  })
})

it('no message quotes the number of a decision or requirement, which its reader has not seen', () => {
  const root = new URL('../../', import.meta.url)
  const quoted = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .flatMap((name) => readFileSync(new URL(name, root), 'utf8').split('\n'))
    .filter((line) => !/^\s*(\/?\*|\/\/)/.test(line))
    .filter((line) => /['`][^'`]*\((?:[DWXGP]\d+(?:\.\d+)?)[,)]/.test(line))

  expect(quoted).toEqual([])
})
