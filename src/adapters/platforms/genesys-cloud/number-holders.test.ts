import { describe, expect, it } from 'vitest'
import { connect } from '../../../../test/support/genesys-answers.ts'

const signal = new AbortController().signal
const [main, spare] = ['+12145550100', '+12145550101'] as const
const taken = { number: spare, assigned: true }
const ofAnn = { ...taken, owner: { id: 'u1', name: 'Ann Lee' }, ownerType: 'USER' }

/** Two numbers of one pool; the first is free, or the call route's. */
function org(rows: readonly object[], pool: object = {}) {
  const pools = [
    { id: 'p1', startPhoneNumber: main, endPhoneNumber: spare, ...pool },
    { id: 'p2', startPhoneNumber: '+4930100', endPhoneNumber: '+4930199' },
  ]
  return connect(({ name, query }) => {
    if (name === 'GET /telephony/providers/edges/didpools') return { entities: pools, pageCount: 1 }
    if (name === 'GET /architect/ivrs')
      return { entities: [{ id: 'i1', name: 'dallas', version: 1, dnis: [] }], pageCount: 1 }
    const match = query.get('numberMatch') ?? ''
    const found = rows.filter((row) => 'number' in row && String(row.number).includes(match))
    return { entities: found, pageCount: 1 }
  })
}
const free = { number: main, assigned: false }

describe('numbers that something else has', () => {
  it.each([
    [ofAnn, 'user Ann Lee'],
    [{ ...ofAnn, ownerType: 'GROUP', owner: { id: 'g1' } }, 'group g1'],
    [{ ...ofAnn, ownerType: 'PHONE', owner: { name: 'lobby', id: 'x' } }, 'phone lobby'],
    [{ ...ofAnn, ownerType: 'IVR_CONFIG' }, "call route Ann Lee, which we don't see"],
    [taken, 'somebody whom the platform does not name'],
  ])('P1.3 are named by what has them: %o', async (row, holder) => {
    const { ports } = org([free, row])

    expect(await ports.inboundNumbers.holders([main, spare], signal)).toEqual({ [spare]: holder })
  })

  it('P1.3 are not those of a call route that can be changed, nor of no pool', async () => {
    const { ports } = org([free, { ...ofAnn, owner: { id: 'i1' }, ownerType: 'IVR_CONFIG' }])

    expect(await ports.inboundNumbers.holders([main, spare, '+15550000000'], signal)).toEqual({})
  })

  it.each([
    ['no row', []],
    ['a row that says neither', [{ number: spare }]],
  ])('P1.3 are in doubt where the platform has %s of them', async (_, rows) => {
    const { ports } = org([free, ...rows])

    await expect(ports.inboundNumbers.holders([main, spare], signal)).rejects.toMatchObject({
      code: 'platform.unexpected-answer',
      message: `platform genesys does not say whether ${spare} is assigned`,
    })
  })

  it('X10 are asked for by number where the pool is large, and by the pool where that says nothing', async () => {
    const large = { startPhoneNumber: '+12145550000', endPhoneNumber: '+12145559999' }
    const { asked, ports } = org([{ ...free, number: main }, ofAnn], large)

    expect(await ports.inboundNumbers.holders([main, spare], signal)).toEqual({
      [spare]: 'user Ann Lee',
    })

    const dids = asked.filter(({ name }) => name.endsWith('/dids')).map(({ query }) => query)
    expect(dids.map((query) => query.get('numberMatch'))).toEqual(['12145550100', '12145550101'])
  })

  it('X10 are read by whole pools where those are small, and of those only that have them', async () => {
    const { asked, ports } = org([free, ofAnn])
    await ports.inboundNumbers.holders([main, spare], signal)

    const dids = asked.filter(({ name }) => name.endsWith('/dids')).map(({ query }) => query)
    expect(dids.map((query) => query.getAll('id'))).toEqual([['p1']])
  })

  it('P1.3 are not bound, and nothing else is moved either', async () => {
    const { asked, ports, limits } = org([free, ofAnn])

    await expect(
      ports.inboundNumbers.bind({ [main]: 'dallas', [spare]: 'dallas' }, limits),
    ).rejects.toMatchObject({
      code: 'platform.conflict',
      message: `platform genesys: ${spare} is assigned to user Ann Lee; no number was moved`,
    })

    expect(asked.filter(({ name }) => !name.startsWith('GET'))).toEqual([])
  })
})
