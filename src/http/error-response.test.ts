import { describe, expect, it } from 'vitest'
import { ChangeoverError, type Remedy } from '../kernel/errors.ts'
import { errorResponse } from './error-response.ts'
import { BadRequestError, RouteNotFoundError, TooLargeError, UnauthorisedError } from './errors.ts'

class AnyError extends ChangeoverError {
  readonly code: string
  readonly remedy: Remedy

  constructor(code: string, remedy: Remedy) {
    super(`something about ${code}`, { details: { run: 'dallas-1' } })
    this.code = code
    this.remedy = remedy
  }
}

describe('errorResponse', () => {
  it.each([
    ['engine.run-not-found', 404],
    ['engine.run-already-open', 409],
    ['plan.invalid', 422],
    ['config.secret-missing', 422],
    ['dns.unreachable', 502],
  ])('%s is %i', (code, status) => {
    expect(errorResponse(new AnyError(code, 'operator')).status).toBe(status)
  })

  it.each([
    ['retry', 503],
    ['wait', 503],
    ['operator', 409],
    ['bug', 500],
  ] as const)('a code that it does not know goes by its remedy: %s is %i', (remedy, status) => {
    expect(errorResponse(new AnyError('part.new-problem', remedy)).status).toBe(status)
  })

  it.each([
    [new BadRequestError('x'), 400],
    [new UnauthorisedError('x'), 401],
    [new RouteNotFoundError('x'), 404],
    [new TooLargeError('x'), 413],
  ])('%o has a status of its own', (error, status) => {
    expect(errorResponse(error).status).toBe(status)
  })

  it('shows code, remedy, sentence and facts', () => {
    expect(errorResponse(new AnyError('plan.invalid', 'operator')).body).toEqual({
      error: {
        code: 'plan.invalid',
        remedy: 'operator',
        message: 'something about plan.invalid',
        details: { run: 'dallas-1' },
      },
    })
  })

  it('shows nothing of what was not thrown on purpose: it may quote a secret', () => {
    const { status, body } = errorResponse(new Error('no route to postgres://me:hunter2@db'))

    expect(status).toBe(500)
    expect(body.error.code).toBe('internal.unexpected')
    expect(JSON.stringify(body)).not.toContain('hunter2')
  })
})
