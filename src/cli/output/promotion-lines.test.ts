import { describe, expect, it } from 'vitest'
import { runbookOf, set, toyState } from '../../../test/support/toy-steps.ts'
import type { RunEvent } from '../../engine/run-event.ts'
import { stepKey } from '../../kernel/ids.ts'
import { promotionLine, promotionLines } from './promotion-lines.ts'

type Promotion = Parameters<typeof promotionLine>[1]

const runbook = runbookOf([set('a', true), set('b')])
const promoted: Promotion = { kind: 'database-promoted', from: '77/1', to: '77/2' }
const b = { step: stepKey('b'), trace: 'all', now: 1, done: true } as const
const nothing: Promotion = { kind: 'read-back', looked: 1, lost: [], undone: [] }
const found: Promotion = { ...nothing, lost: [b] }
const undone: Promotion = { ...nothing, undone: [{ step: stepKey('a'), trace: 'none', now: 0 }] }
const failed: Promotion = {
  kind: 'read-back-failed',
  step: stepKey('b'),
  error: { code: 'toy.error', remedy: 'retry', message: 'no answer', details: {} },
}

const said = (event: Promotion, ...before: readonly RunEvent[]) =>
  promotionLine(toyState(runbook, [...before, event]), event)

describe('X7 what is said when the database failed over', () => {
  it('that it did, and that everything is read first', () => {
    expect(said(promoted)).toEqual({
      mark: '·',
      text: 'the database failed over (timeline 1 → 2), its last commits may be lost; everything is read back before anything is written',
    })
    expect(said({ ...promoted, to: '78/1' }).text).toContain('another database, or a backup')
  })

  it('nothing was found: it goes on', () => {
    expect(said(nothing, promoted)).toEqual({
      mark: '✔',
      text: 'read back, 1 changes looked at; nothing beyond the journal',
    })
  })

  it('something was: which steps, who decides, and what each answer does', () => {
    const { mark, text } = said(found, promoted)

    expect(mark).toBe('⏸')
    expect(text).toContain('HOLD done, and the journal knows nothing of it: set b')
    expect(text).toContain('resume takes it as found; rollback stops for you to put back by hand')
    expect(text).toContain('owner operator decides, else it stays')
  })

  it('it had turned back: rollback first', () => {
    expect(said(undone, promoted).text).toContain('rollback takes it to the end, resume does them')
  })

  it('what can’t be read, and on the way back what was taken as found', () => {
    const back: RunEvent = { kind: 'rollback-started', because: 'breach', by: 'ben' }

    expect(said(failed, promoted)).toMatchObject({
      mark: '▶',
      text: expect.stringMatching('no answer'),
    })
    expect(said(found, promoted, back).text).toBe(
      'read back, 1 changes looked at; taken as found after the database failed over: set b',
    )
  })

  it('status says why it holds and what to do next, or that it is being read', () => {
    const status = (...events: readonly RunEvent[]) => promotionLines(toyState(runbook, events))

    expect(status()).toEqual([])
    expect(status(promoted)[0]).toContain('nothing goes on before every step was read back')
    expect(status(promoted, found)).toEqual([
      expect.stringContaining('HOLD      the database failed over (timeline 1 → 2)'),
      expect.stringContaining('changeover resume toy-1, or changeover rollback toy-1'),
    ])
  })
})
