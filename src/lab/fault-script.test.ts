import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { faultNames, parseFault } from './fault-script.ts'

const page = readFileSync(new URL('../../docs/getting-started.md', import.meta.url), 'utf8')

describe('the lab’s faults', () => {
  it.each(faultNames)('%s is in the document that lists them', (name) => {
    expect(page).toMatch(new RegExp(`^\\| \`${name}[\`:]`, 'm'))
  })

  it('are written there as they can be asked for', () => {
    const shown = [...page.matchAll(/^\| `([a-z0-9-]+(?::[^`]+)?)` \|/gm)].flatMap(
      ([, text = '']) => (faultNames.includes(text.split(':')[0] ?? '') ? [text] : []),
    )

    expect(shown.length).toBeGreaterThanOrEqual(faultNames.length)
    expect(() => shown.map(parseFault)).not.toThrow()
  })
})
