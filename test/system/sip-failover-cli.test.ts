import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createSipProbe } from '../../src/adapters/sip/index.ts'
import { socketTransports } from '../../src/app/transports.ts'
import { createRandom } from '../../src/kernel/random.ts'
import { ms } from '../../src/kernel/units.ts'
import { commandLine } from '../support/command-line.ts'
import { freePort, isListening } from '../support/ports.ts'
import { missingPrograms, startProcess, until } from '../support/real-process.ts'
import { wireClock } from './sip/sipp.ts'

/* Kamailio as the carrier that is tested: what it moves on from stands in its failure route. */

const modules = [
  '/usr/lib/x86_64-linux-gnu/kamailio/modules',
  '/usr/lib/aarch64-linux-gnu/kamailio/modules',
  '/usr/lib64/kamailio/modules',
  '/usr/lib/kamailio/modules',
].find((folder) => existsSync(folder))

const running: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of running.splice(0).toReversed()) await stop()
})

interface Carrier {
  readonly port: number
  readonly targets: readonly number[]
}

/** A carrier that tries the next target after `movesOn`, a regular expression; with `evenRinging` after a 180, too. */
async function startCarrier(movesOn: string, { evenRinging = false } = {}): Promise<Carrier> {
  const folder = await mkdtemp(join(tmpdir(), 'changeover-failover-'))
  running.push(() => rm(folder, { recursive: true, force: true }))
  const [port, ...targets] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  if (port === undefined) throw new Error('no port')
  await writeFile(
    join(folder, 'kamailio.cfg'),
    configuration(port, targets, { movesOn, evenRinging }),
  )
  const options = ['-DD', '-E', '-f', 'kamailio.cfg', '-m', '32', '-M', '4', '-Y', folder]
  const kamailio = startProcess('kamailio', options, folder, join(folder, 'kamailio.log'))
  running.push(() => kamailio.stop())
  await until('Kamailio listens', () => isListening('udp', port))
  return { port, targets }
}

function configuration(
  port: number,
  [first, second, third]: readonly number[],
  { movesOn, evenRinging }: { readonly movesOn: string; readonly evenRinging: boolean },
): string {
  const next = (to: number | undefined, then: string) => `
  if (t_is_canceled()) { exit; }
  ${evenRinging ? '' : 'if ($avp(rang) == 1) { exit; }'}
  if (t_check_status("${movesOn}")) { $du = "sip:127.0.0.1:${to}"; ${then} t_relay(); }
`
  return `#!KAMAILIO
debug=0
log_stderror=yes
fork=yes
children=1
disable_tcp=yes
listen=udp:127.0.0.1:${port}
mpath="${modules ?? ''}"
${['kex', 'tm', 'sl', 'rr', 'pv', 'siputils', 'textops'].map((name) => `loadmodule "${name}.so"`).join('\n')}
request_route {
  if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
  if (has_totag()) { loose_route(); t_relay(); exit; }
  if (is_method("CANCEL|ACK")) { if (t_check_trans()) t_relay(); exit; }
  record_route();
  $du = "sip:127.0.0.1:${first}";
  t_set_fr(5000, 600);
  t_on_reply("HEARD");
  t_on_failure("SECOND");
  t_relay();
}
onreply_route[HEARD] { if (status =~ "18[0-9]") { $avp(rang) = 1; } }
failure_route[SECOND] {${next(second, 't_on_failure("THIRD");')}}
failure_route[THIRD] {${next(third, '')}}
`
}

function failover({ port, targets }: Carrier, ...more: readonly string[]) {
  const as = targets.map((target) => `sip:127.0.0.1:${target}`)
  const quick = ['--patience', '15s', '--stands', '300ms']
  const changeover = commandLine('/nowhere')
  return changeover(
    'sip',
    'failover',
    `127.0.0.1:${port}`,
    '--number',
    '12145550100',
    '--as',
    ...as,
    ...quick,
    ...more,
  )
}

describe.runIf(missingPrograms(['kamailio']).length === 0)(
  'changeover sip failover on Kamailio',
  { timeout: 60_000 },
  () => {
    it('G3.1 G3.2 D8 proves a carrier that moves on as the guides say', async () => {
      const carrier = await startCarrier('408|480|503|504')

      const { exit, said } = await failover(carrier)

      expect(said).toContain('503 moves on to the secondary; the caller is answered after')
      expect(said).toContain('silence moves on to the secondary')
      expect(said).toContain('486 stays; the caller gets 486')
      // A proxy gives a 503 to nobody: it makes a 500 of it (RFC 3261 §16.7).
      expect(said).toContain('180+503 stays; the caller gets 500')
      expect(said).toContain('with primary and secondary down the tertiary answers')
      expect(said).toContain('the call that stood survived; a new one is answered by the secondary')
      expect(said).toContain('10 of 10 as the profile says, 0 not, 0 not tried')
      expect(exit).toBe(0)
    })

    it('D8 names what rings a callee twice, and what does not move on', async () => {
      const carrier = await startCarrier('486|503', { evenRinging: true })

      const { exit, said } = await failover(
        carrier,
        '--moves-on',
        '503,480',
        '--stays',
        '486,180+503',
      )

      expect(said).toContain('486 moves on to the secondary: the callee is rung twice')
      expect(said).toContain('180+503 moves on to the secondary: the callee is rung twice')
      expect(said).toContain('480 does not move on; the caller gets 480')
      expect(exit).toBe(1)
    })

    it('G3.2 hangs up a call that stands at Ctrl-C, and says 3', async () => {
      const carrier = await startCarrier('503')
      const stop = new AbortController()
      const as = carrier.targets.map((target) => `sip:127.0.0.1:${target}`)
      const quick = ['--moves-on', '503', '--stays', 'none', '--stands', '60s']
      const changeover = commandLine('/nowhere', {}, stop.signal)
      const to = `127.0.0.1:${carrier.port}`

      const command = changeover('sip', 'failover', to, '--number', '1', '--as', ...as, ...quick)
      // By then the trials are over, and the calls of the third stand for a minute.
      await wireClock.sleep(ms(2500))
      stop.abort()
      const { exit, said } = await command

      expect(said).not.toContain('error')
      expect(exit).toBe(3)
    })

    it('answers nobody else’s calls, and counts none of them', async () => {
      const carrier = await startCarrier('503')
      const stop = new AbortController()
      const [first = 0] = carrier.targets
      const as = carrier.targets.map((target) => `sip:127.0.0.1:${target}`)
      const stranger = createSipProbe({
        openTransport: socketTransports().openSip,
        wireClock,
        random: createRandom(9),
      })
      const changeover = commandLine('/nowhere', {}, stop.signal)
      const rest = [
        '--number',
        '12145550100',
        '--moves-on',
        '503',
        '--stays',
        'none',
        '--stands',
        '60s',
      ]

      const command = changeover(
        'sip',
        'failover',
        `127.0.0.1:${carrier.port}`,
        '--as',
        ...as,
        ...rest,
      )
      await until('it listens', () => isListening('udp', first))
      const target = { host: '127.0.0.1', port: first, transport: 'udp' } as const
      const call = { target, number: '12145550199', caller: '1', nonce: 'n' }
      const answer = await stranger.call(call, new AbortController().signal)
      stop.abort()
      const { exit } = await command

      expect(answer).toMatchObject({ kind: 'refused', status: 480 })
      expect(exit).toBe(3)
    })

    it('says 3 when no call comes to our targets', async () => {
      const carrier = await startCarrier('503')
      const elsewhere = [await freePort(), await freePort()]

      const { exit, said } = await failover(
        { ...carrier, targets: elsewhere },
        '--moves-on',
        '503',
        '--stays',
        'none',
      )

      expect(said).toContain('the call came to none of our targets')
      expect(exit).toBe(3)
    })
  },
)

describe('changeover sip failover', () => {
  const changeover = commandLine('/nowhere')
  const known = ['127.0.0.1', '--number', '1']

  it.each([
    [[...known, '--as', 'sip:127.0.0.1'], 'a primary and a secondary at least'],
    [[...known, '--as', 'x', 'y'], 'is no SIP address'],
    [[...known, '--as', 'sip:a', 'sip:b', '--stays', '200'], 'is no answer'],
    [[...known, '--as', 'sip:a', 'sips:b'], 'not played yet'],
  ])('says 2 of %j', async (args, problem) => {
    const { exit, said } = await changeover('sip', 'failover', ...args)

    expect(said).toContain(problem)
    expect(exit).toBe(2)
  })
})
