import { afterEach, describe, expect, it } from 'vitest'
import { commandLine } from '../support/command-line.ts'
import { freePort } from '../support/ports.ts'
import { missingPrograms } from '../support/real-process.ts'
import { type Sipp, startGateway } from './sip/sipp.ts'

const running: Sipp[] = []
afterEach(() => {
  for (const sipp of running.splice(0)) sipp.stop()
})

const run = commandLine('/nowhere')
const changeover = (...args: readonly string[]) => run('sip', 'offers', ...args)

const number = ['--number', '+12145550100']

describe.runIf(missingPrograms(['sipp']).length === 0).each(['udp', 'tcp'] as const)(
  'SIPp as a gateway with one codec, over %s',
  (kind) => {
    it('B5.1 is offered each codec alone: 488 is seen and explained, the fall back found', async () => {
      const sipp = await startGateway(kind, 'gateway-pcmu-only', 3)
      running.push(sipp)

      const { exit, said } = await changeover(
        `sip:127.0.0.1:${sipp.port};transport=${kind}`,
        ...number,
      )

      expect(said).toContain(
        ' ✖ G722  refused  488 Not Acceptable Here; the far side says: "Incompatible media format" (305: a codec that it does not take)',
      )
      expect(said).toContain(' ✔ PCMU  taken    PCMU/8000 · in clear')
      expect(said).toContain(' ✖ PCMA  odd      200, but no: no codec in common')
      expect(said).toContain('taken, in this order: PCMU')
      expect(exit).toBe(1)
      expect(await sipp.exit).toBe(0)
    })
  },
)

describe('changeover sip offers', () => {
  it('nobody there is exit 5, and ends soon', async () => {
    const began = performance.now()
    const address = `sip:127.0.0.1:${await freePort()};transport=tcp`
    const { exit, said } = await changeover(address, ...number, '--codecs', 'PCMU')

    expect(exit).toBe(5)
    expect(said).toContain(' ? PCMU  silent')
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  it.each([
    [['sip:127.0.0.1', ...number, '--codecs', 'PCMU,SPEEX'], 'one of G722, PCMU'],
    [['sip:@x', ...number], 'is no SIP URI'],
    [['sip:127.0.0.1', ...number, '--timeout', 'long'], 'is no duration'],
    [['sip:127.0.0.1'], '--number'],
  ])('refuses what it can’t use: %j', async (args, message) => {
    const { exit, said } = await changeover(...args)

    expect(exit).toBe(2)
    expect(said).toContain(message)
  })
})
