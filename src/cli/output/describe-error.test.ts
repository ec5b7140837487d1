import { describe, expect, it } from 'vitest'
import { RunAlreadyOpenError, RunNotFoundError } from '../../engine/errors.ts'
import { ChangeoverError } from '../../kernel/errors.ts'
import { runId } from '../../kernel/ids.ts'
import { describeError } from './describe-error.ts'

class ToyError extends ChangeoverError {
  readonly code = 'toy.error'
  readonly remedy = 'operator'
}

const shown = (message: string, details: Record<string, unknown>) =>
  describeError(new ToyError(message, { details })).split('\n').slice(1, -1)

describe('an error on a terminal', () => {
  it('says what to do, with the run that it is about', () => {
    const said = describeError(new RunAlreadyOpenError('wave dallas', runId('dallas-2')))

    expect(said.split('\n')).toEqual([
      'error engine.run-already-open   wave dallas is already being run as dallas-2',
      expect.stringMatching(/^ {2}to do: changeover status dallas-2 shows it.*resume dallas-2/),
      '  docs/errors.md#engine.run-already-open',
    ])
  })

  it('repeats nothing that the sentence has said', () => {
    expect(shown('it has a, b', { known: ['a', 'b'], ref: { name: 'a' }, none: null })).toEqual([])
    expect(shown('waited 30 s', { attempts: 3, seconds: 30 })).toEqual(['  attempts  3'])
    expect(shown('no', { read: 'SRV 10', names: ['a', 'b'] })).toEqual([
      '  read  SRV 10',
      '  names  a, b',
    ])
  })

  it('names where was looked for a run, and the latest of those that are there', () => {
    const runs = ['a-1', 'a-2', 'a-3', 'a-4', 'a-5', 'a-6'].map(runId)
    const [said] = describeError(new RunNotFoundError('b', { place: '/data', runs })).split('\n')

    expect(said).toBe(
      'error engine.run-not-found   there is no run b in /data; it has a-2, a-3, a-4, a-5, a-6 and 1 before them',
    )
  })
})
