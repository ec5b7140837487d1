import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DnsFormatError } from './errors.ts'
import { formatLabel, labelsOf, normalName, sameName } from './name.ts'

const plainLabel = fc.stringMatching(/^[A-Za-z0-9_-]{1,63}$/)
const escaped = (label: string) =>
  [...label].map((letter) => `\\${String(letter.charCodeAt(0)).padStart(3, '0')}`).join('')

describe('DNS names', () => {
  it('W1.2 a name is the same name however it is written', () => {
    fc.assert(
      fc.property(fc.array(plainLabel, { minLength: 1, maxLength: 3 }), (labels) => {
        const name = labels.join('.')
        const spelled = labels.map(escaped).join('.')

        expect(normalName(name)).toBe(name.toLowerCase())
        expect(normalName(spelled)).toBe(name.toLowerCase())
        expect(labelsOf(`${name}.`)).toEqual(labelsOf(spelled))
        expect(sameName(`${name.toUpperCase()}.`, spelled)).toBe(true)
        expect(labelsOf(name).map(formatLabel)).toEqual(labels)
      }),
    )
  })

  it.each([
    ['63 letters in a label', 'a'.repeat(63)],
    ['255 bytes in all', `${'a'.repeat(63)}.`.repeat(3) + 'a'.repeat(61)],
  ])('%s fit', (_, name) => {
    expect(normalName(name)).toBe(name)
  })

  it.each([
    ['64 letters in a label', 'a'.repeat(64)],
    ['256 bytes in all', `${'a'.repeat(63)}.`.repeat(3) + 'a'.repeat(62)],
    ['an empty label', 'a..b'],
    ['a first label that is empty', '.a'],
  ])('%s are refused', (_, name) => {
    expect(() => labelsOf(name)).toThrow(DnsFormatError)
    expect(() => normalName(name)).toThrow(DnsFormatError)
  })
})
