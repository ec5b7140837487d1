import { describe, expect, it } from 'vitest'
import { runbookOf, set, toyState } from '../../../test/support/toy-steps.ts'
import { describeRun } from '../../app/describe-run.ts'
import { epochMs, ms } from '../../kernel/units.ts'
import { carriedBy, doingOf } from './carried-by.ts'

const open = describeRun(toyState(runbookOf([set('a'), set('b')]), []), epochMs(0), ms(0))
const paused = { ...open, paused: { by: 'root' } }
const url = 'http://127.0.0.1:40075'
const nobody = { holder: undefined, url: undefined }

describe('who has a run', () => {
  it('X13 a process that has its lease, else the server', () => {
    expect(carriedBy(open, { holder: 'vm/1', url })).toBe('carried on by vm/1')
    expect(carriedBy(open, { holder: undefined, url })).toBe(`carried on by the server at ${url}`)
  })

  it('X13 nobody, where none can be seen, and what to do', () => {
    expect(carriedBy(open, nobody)).toMatch(/nobody watches it: changeover resume toy-1/)
    expect(carriedBy(paused, { ...nobody, url })).toMatch(/^nobody .*: changeover resume toy-1$/)
  })

  it('says which way it goes, and what stops it', () => {
    expect(doingOf(open)).toBe('going forward, step 0 of 2')
    expect(doingOf(paused)).toBe('going forward, step 0 of 2, paused by root')
  })
})
