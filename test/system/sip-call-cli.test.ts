import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createSipEndpoint, type SipInvite } from '../../src/lab/network/sip-endpoint.ts'
import { openUdpTransport } from '../../src/protocols/sip/transport-udp.ts'
import { commandLine } from '../support/command-line.ts'
import { freePort } from '../support/ports.ts'
import { missingPrograms, until } from '../support/real-process.ts'
import { startGateway, wireClock } from './sip/sipp.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-call-'))
const run = commandLine(join(folder, 'data'))
const changeover = (...args: readonly string[]) => run('sip', 'call', ...args)
const running: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A gateway that knows numbers from 100 to 199, refuses the others, and has no media. */
async function gateway() {
  const invites: SipInvite[] = []
  let ended = 0
  const side = createSipEndpoint({
    transport: await openUdpTransport({ host: '127.0.0.1' }),
    wireClock,
    server: 'Target/1',
    onInvite: async (invite) => {
      invites.push(invite)
      if (/^1\d\d$/.test(invite.number)) return { kind: 'answer' }
      return { kind: 'reject', status: 404, reason: 'Not Found' }
    },
    onOptions: () => ({ kind: 'ok' }),
    onEnded: () => {
      ended += 1
    },
  })
  running.push(side.close)
  const uri = `127.0.0.1:${side.local.port}`
  return { uri, invites, ended: () => ended, calls: side.calls }
}

describe('changeover sip call', { timeout: 60_000 }, () => {
  it('B4.3 sweeps over numbers and names those that nobody takes', async () => {
    const { uri, invites } = await gateway()
    const list = join(folder, 'numbers.txt')
    writeFileSync(list, '102 # main desk\n# none\n\n*21#\n')

    const { exit, said } = await changeover(uri, '101', '--numbers', list, '--talk', '0s')

    expect(said).toContain(' ✔ 101  answered · Target/1 · PCMU')
    expect(said).toContain(' ✖ *21#  refused: 404 Not Found')
    expect(said).toContain('2 of 3 right, 1 wrong, 0 unproved')
    expect(exit).toBe(1)
    expect(new Set(invites.map(({ nonce }) => nonce)).size).toBe(3)
  })

  it('X6 names a number that somebody else answers', async () => {
    const { uri } = await gateway()
    const call = [uri, '101', '--talk', '0s']

    const right = await changeover(...call, '--expect-server', 'target')
    const server = await changeover(...call, '--expect-server', 'Cloud')
    const host = await changeover(...call, '--expect-host', '192.0.2.1')

    expect([right.exit, server.exit, host.exit]).toEqual([0, 1, 1])
    expect(server.said).toContain('answered by Target/1 at 127.0.0.1, not by Cloud')
    expect(host.said).toContain('not at 192.0.2.1')
  })

  it('H1.2 says that nothing is heard of a gateway without media', async () => {
    const { uri } = await gateway()

    const { exit, said } = await changeover(uri, '101', '--talk', '300ms')

    expect(said).toContain('answered, but nothing is heard')
    expect(exit).toBe(1)
  })

  it('ends with what it has at Ctrl-C, each call hung up, and says 3', async () => {
    const { uri, ended, calls } = await gateway()
    const stop = new AbortController()
    const interrupted = commandLine(join(folder, 'data'), {}, stop.signal)

    const command = interrupted('sip', 'call', uri, '101', '102', '103', '--talk', '60s')
    await until('all three talk', async () => calls() === 3)
    stop.abort()
    const { exit, said } = await command

    expect(said).toContain('0 of 0 right')
    expect(exit).toBe(3)
    await until('all are hung up', async () => ended() === 3)
  })

  it('prints all of it as JSON, more headers included on the wire', async () => {
    const { uri } = await gateway()

    const { answered } = await changeover(uri, '101', '--talk', '0s', '--json')

    expect(JSON.parse(answered)).toMatchObject({
      exit: 0,
      calls: [
        { number: '101', verdict: 'right', answer: { kind: 'answered', server: 'Target/1' } },
      ],
    })
  })

  it.each([
    [['127.0.0.1'], 'no number to call'],
    [['127.0.0.1', '1', '--numbers', '/nowhere'], "can't be read"],
    [['127.0.0.1', '1', '--digits', '1x'], 'keys are 0 to 9'],
    [['127.0.0.1', '1', '--talk', '0s', '--digits', '1'], 'need a call that talks'],
    [['127.0.0.1', '1', '--header', 'no header'], 'is no header'],
    [['127.0.0.1', '1', '--patience', 'long'], 'is no duration'],
  ])('says 2 of %j', async (args, problem) => {
    const { exit, said } = await changeover(...args)

    expect(said).toContain(problem)
    expect(exit).toBe(2)
  })
})

describe.runIf(missingPrograms(['sipp']).length === 0)(
  'changeover sip call to SIPp',
  { timeout: 60_000 },
  () => {
    it('H1.2 B3.2 proves audio both ways by its echo, and says how good it is', async () => {
      const media = await freePort()
      const more = ['-rtp_echo', '-mi', '127.0.0.1', '-mp', String(media)]
      const sipp = await startGateway('udp', '-uas', 1, more)

      const { exit, said } = await changeover(
        `127.0.0.1:${sipp.port}`,
        '12145550100',
        '--talk',
        '1500ms',
      )

      expect(said).toContain('answered, both hear each other')
      expect(said).toMatch(/PCMU -12 dBm0\s+0\.0 %\s+[\d.]+ ms\s+4\.[34]\s+by our echo/)
      expect(exit).toBe(0)
    })
  },
)
