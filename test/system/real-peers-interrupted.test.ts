import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dig } from '../support/real-names.ts'
import { everydayTtl, type RealPeers, startRealPeers } from '../support/real-peers.ts'
import { missingPrograms } from '../support/real-process.ts'

/* As real-peers.test.ts, with a program that is stopped and killed on the way and taken up by another. */

const missing = missingPrograms(['named', 'unbound', 'dig', 'kamailio', 'sipp'])
const why = missing.length === 0 ? '' : `: not run, ${missing.join(', ')} not installed`

describe.runIf(missing.length === 0)(`an interrupted wave against real peers${why}`, () => {
  let peers: RealPeers

  beforeAll(async () => {
    peers = await startRealPeers(() => true)
  })
  afterAll(() => peers?.close())

  it('X1 is stopped between two steps, killed within one, and comes to the same end', {
    timeout: 240_000,
  }, async () => {
    const { changeover, plan, names, sip, callers } = peers
    const record = '_sip._tcp.reno.acme.example'

    const stopped = await changeover(['run', plan, '--wave', 'reno'], {
      signal: { name: 'SIGINT', after: 'affiliate agents' },
    })
    const paused = await changeover(['pause', 'reno'])
    const killed = await changeover(['resume', 'reno'], {
      signal: { name: 'SIGKILL', after: 'select target' },
    })
    const resumed = await changeover(['resume', 'reno'])
    const verified = await changeover(['journal', 'verify', 'reno'])
    const again = await changeover(['resume', 'reno'])

    expect(stopped).toMatchObject({ exit: 3, err: '' })
    expect(stopped.out).toContain('reno-1 is paused between two steps')
    expect(paused).toMatchObject({
      exit: 4,
      err: expect.stringMatching(/^reno-1: pause refused: it is paused already, by /),
    })
    expect(killed.out).toContain('resume · granted')
    expect(killed.exit).toBe(-1)
    expect(resumed.out).toContain('took over from a runner that vanished')
    expect(resumed.out).toContain('done: every step is verified')
    expect(resumed).toMatchObject({ exit: 0, err: '' })
    expect(verified).toMatchObject({ exit: 0, out: expect.stringMatching(/^whole: /) })
    expect(again).toMatchObject({
      exit: 4,
      err: 'reno-1: resume refused: the run has ended (done)\n',
    })
    expect(await dig(names.primary, record)).toEqual([
      `${everydayTtl} 10 10 ${sip.target.port} localhost.`,
    ])
    expect(await sip.flags(2)).toMatch(/^D/)
    expect(callers.lost()).toEqual([])
  })
})
