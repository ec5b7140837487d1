import { describe, expect, it } from 'vitest'
import { startOfToy } from '../../../test/support/toy-steps.ts'
import { chainEntries, emptyHead } from '../../engine/journal.ts'
import { runId, stepKey } from '../../kernel/ids.ts'
import { verifyAnchored, wholeText } from './journal.ts'

const event = { kind: 'acted', step: stepKey('a') } as const
const journal = chainEntries(emptyHead(runId('toy-1')), startOfToy, [event, event, event])
const hashOf = (index: number) => journal[index]?.hash ?? ''

describe('journal verify --head', () => {
  it('X15 an older head of this chain is whole, and says that the run has gone on', () => {
    expect(verifyAnchored(journal, hashOf(0))).toMatchObject({ kind: 'whole', entries: 3 })
    expect(wholeText(journal, hashOf(2), hashOf(0))).toContain(
      'that of entry 1, the journal has grown by 2 since',
    )
    expect(wholeText(journal, hashOf(2), hashOf(2))).toBe(`whole: 3 entries, head ${hashOf(2)}`)
  })

  it('X15 a head that is nowhere in it, or whose tail was cut off, is broken', () => {
    expect(verifyAnchored(journal, 'f'.repeat(64)).kind).toBe('broken')
    expect(verifyAnchored(journal.slice(0, 2), hashOf(2)).kind).toBe('broken')
  })
})
