import { describe, expect, it } from 'vitest'
import { ForbiddenError, UnreachableError } from '../features/platform/index.ts'
import { waveId } from '../kernel/ids.ts'
import { ms } from '../kernel/units.ts'
import { attestRows, windowRow } from './preflight.ts'
import { judgeLicences } from './preflight-people.ts'
import { judgeRate } from './preflight-platform.ts'
import { ask, type PreflightRow } from './preflight-question.ts'
import { judgeSessions } from './preflight-site.ts'

describe('attestRows', () => {
  const row = (state: PreflightRow['state']): PreflightRow => ({
    area: 'site dallas',
    what: 'sessions',
    state,
    because: 'no call',
    todo: 'look',
  })
  const word = [{ what: 'site dallas: sessions', because: 'seen by anna' }]

  it('P1.1 P1.2 what can’t be known counts as had by a person’s word, and shows it', () => {
    expect(attestRows([row('unknown')], word)).toEqual([
      {
        area: 'site dallas',
        what: 'sessions',
        state: 'attested',
        because: 'attested: seen by anna (no call)',
      },
    ])
  })

  it('P1.1 a word never covers what is missing, nor another row', () => {
    expect(attestRows([row('missing')], word)[0]?.state).toBe('missing')
    const other = [{ what: 'site reno: sessions', because: 'seen' }]
    expect(attestRows([row('unknown')], other)[0]).toMatchObject({
      state: 'unknown',
      attestAs: 'site dallas: sessions',
    })
  })
})

describe('ask', () => {
  it('P1.1 P1.3 a call that failed is unreachable, and no word of a person makes it had', async () => {
    const rows = await ask('crm', 'CRM results', () =>
      Promise.reject(new UnreachableError('no answer from crm.example')),
    )
    const words = [{ what: 'crm: CRM results', because: 'believe me' }]

    expect(rows[0]).toMatchObject({ state: 'unreachable', because: 'no answer from crm.example' })
    const [attested] = attestRows(rows, words)
    expect(attested).toMatchObject({ state: 'unreachable' })
    expect(attested?.attestAs).toBeUndefined()
    expect(attested?.todo).toContain('an attestation does not cover it')
  })

  it('P1.1 what was refused is missing', async () => {
    const rows = await ask('crm', 'CRM results', () => Promise.reject(new ForbiddenError('no')))

    expect(rows[0]?.state).toBe('missing')
  })
})

describe('the window', () => {
  it.each([
    ['past', 'missing'],
    ['late', 'had'],
    ['fits', 'had'],
  ] as const)('W4.1 one that is %s is %s', (kind, state) => {
    expect(windowRow({ kind, because: 'then' }, waveId('dallas'))).toMatchObject([
      { area: 'wave dallas', what: 'window', state, because: 'then' },
    ])
  })
})

describe('limits', () => {
  it.each([
    [undefined, 'unknown'],
    [23, 'missing'],
    [24, 'had'],
  ] as const)('P1.2 of sessions: 24 are needed, %s are allowed: %s', (shown, state) => {
    expect(judgeSessions({ what: 's', needed: 24, shown, where: 'there' }).state).toBe(state)
  })

  it.each([
    [0, 'had'],
    [3, 'unknown'],
  ])('P1.2 of licences: %i agents lack theirs: %s', (lacking, state) => {
    const need = judgeLicences({ licence: 'cx2', agents: 5, lacking, where: 'there' })
    expect(need.state).toBe(state)
  })

  it.each([
    [2400, 'had'],
    [2401, 'missing'],
  ])('P1.2 of the rate: %i calls at 300 a minute within ten minutes: %s', (calls, state) => {
    const limit = { name: 'per.minute', callsPerMinute: 300 }
    expect(judgeRate(limit, { title: 's', calls, patience: ms(600_000) }).state).toBe(state)
  })
})
