import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandLine } from '../support/command-line.ts'
import { freePort } from '../support/ports.ts'
import { missingPrograms, type RealProcess, startProcess, until } from '../support/real-process.ts'

/*
 * Registration campaigns against a real Kamailio: registrar, usrloc, digest (auth), a rate limit on a port of its own.
 * What it has bound is read by its JSON-RPC. Everything on 127.0.0.1, in a directory of its own, ended by its own pid.
 */

const modules = [
  '/usr/lib/x86_64-linux-gnu/kamailio/modules',
  '/usr/lib/aarch64-linux-gnu/kamailio/modules',
  '/usr/lib64/kamailio/modules',
  '/usr/lib/kamailio/modules',
].find((folder) => existsSync(folder))

/** What the limited port takes in a second. */
const limit = 30

let folder: string
let kamailio: RealProcess
let ports: { readonly sip: number; readonly limited: number; readonly rpc: number }
let changeover: ReturnType<typeof commandLine>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'changeover-register-'))
  ports = { sip: await freePort(), limited: await freePort(), rpc: await freePort() }
  changeover = commandLine(join(folder, 'data'), { PASSWORD: 'right' })
  await writeFile(join(folder, 'kamailio.cfg'), configuration())
  const options = ['-DD', '-E', '-f', 'kamailio.cfg', '-m', '64', '-M', '8', '-Y', folder]
  kamailio = startProcess('kamailio', options, folder, join(folder, 'kamailio.log'))
  if (missingPrograms(['kamailio']).length > 0) return
  await until('Kamailio answers', () =>
    bound().then(
      () => true,
      () => false,
    ),
  )
})

afterAll(async () => {
  await kamailio.stop()
  await rm(folder, { recursive: true, force: true })
})

describe.runIf(missingPrograms(['kamailio']).length === 0)(
  'changeover sip register, at Kamailio',
  () => {
    it.each(['udp', 'tcp'])(
      'H5.1 registers agents with digests over %s: their Contacts are there',
      async (transport) => {
        const names = Array.from({ length: 60 }, (_, nth) => `${transport}${nth}`)
        const file = await agentsFile(names.map((name) => `${name},,env:PASSWORD`))

        const { exit, said } = await register(
          transport,
          file,
          '--once',
          '--keep',
          '--stagger',
          '0s..1s',
        )

        expect(said).toContain('✔ all 60 registered')
        expect(said).toMatch(/requests\s+120, 120 answered, 0 repetitions/)
        expect(said).not.toContain('right')
        expect(exit).toBe(0)
        const contacts = (await bound()).filter(({ user }) => names.includes(user))
        expect(contacts).toHaveLength(60)
        expect(
          contacts.every(({ address, user }) => address.startsWith(`sip:${user}@127.0.0.1:`)),
        ).toBe(true)
        // Jittered: asked for 3,240 to 3,600 s, and not all for the same.
        const expiries = contacts.map(({ expires }) => expires)
        expect(Math.min(...expiries)).toBeGreaterThan(3200)
        expect(Math.max(...expiries)).toBeLessThanOrEqual(3600)
        expect(new Set(expiries).size).toBeGreaterThan(10)
      },
    )

    it('takes its registrations back at the end, and nobody else’s', async () => {
      const file = await agentsFile(['udp0,,right', 'brought,,right'])
      const before = (await bound()).filter(({ user }) => user === 'udp0')

      const { exit, said } = await register('udp', file, '--once', '--stagger', '0s')

      expect(exit).toBe(0)
      expect(said).toMatch(/taken back\s+2$/m)
      const after = (await bound()).filter(({ user }) => user === 'udp0' || user === 'brought')
      expect(after.map(({ address }) => address)).toEqual(before.map(({ address }) => address))
      expect(after).toHaveLength(1)
    })

    it('D8 each answer for what it means, over the wire', async () => {
      const file = await agentsFile([
        'forbidden,,right',
        'missing,,right',
        'careless,,wrong',
        'openly,,',
        'brief,,right',
        'cancelled,,right',
        'late,,right',
        'fine,,right',
      ])

      const { exit, answered } = await register(
        'udp',
        file,
        '--once',
        '--keep',
        '--stagger',
        '0s',
        '--json',
      )

      expect(exit).toBe(1)
      const report = JSON.parse(answered)
      expect(report).toMatchObject({ end: 'settled', counts: { registered: 4, givenUp: 4 } })
      const left: readonly { readonly address: string; readonly because: string }[] = report.left
      const because = left.map((one) => [/^sip:(\w+)@/.exec(one.address)?.[1], one.because])
      expect(Object.fromEntries(because)).toEqual({
        forbidden: '403 Forbidden',
        missing: '404 Not Found',
        careless: expect.stringContaining('wrong user or password'),
        openly: expect.stringContaining('no password'),
      })
      const users = (await bound()).map(({ user }) => user)
      expect(users).toEqual(expect.arrayContaining(['brief', 'cancelled', 'late', 'fine']))
      const brief = (await bound()).find(({ user }) => user === 'brief')
      expect(brief?.expires).toBeGreaterThan(7000)
    })

    it('H5.1 finds its way into a registrar that takes 30 a second and answers 503 above', async () => {
      const names = Array.from({ length: 150 }, (_, nth) => `limited${nth}`)
      const file = await agentsFile(names.map((name) => `${name},,right`))
      const registrar = `sip:127.0.0.1:${ports.limited}`
      const how = ['--once', '--keep', '--stagger', '0s', '--for', '90s', '--json']

      const { exit, answered } = await changeover(
        'sip',
        'register',
        registrar,
        '--agents',
        file,
        ...how,
      )

      const report = JSON.parse(answered)
      expect(report).toMatchObject({ end: 'settled', counts: { registered: 150 } })
      expect(exit).toBe(0)
      expect(report.lowestBudget).toBeLessThanOrEqual(100)
      expect(report.peak).toBeLessThanOrEqual(210)
      const contacts = (await bound()).filter(({ user }) => names.includes(user))
      expect(contacts).toHaveLength(150)
    })

    it('H5.1 keeps agents registered beyond their expiry, with nonces that grow old', async () => {
      const file = await agentsFile(['short1,,right', 'short2,,right'])

      const { exit, answered } = await register(
        'tcp',
        file,
        '--expires',
        '5s',
        '--for',
        '12s',
        '--keep',
        '--stagger',
        '0s',
        '--json',
      )

      expect(exit).toBe(0)
      const report = JSON.parse(answered)
      expect(report).toMatchObject({ end: 'time', counts: { registered: 2 } })
      // Three refreshes each at least, some of them with a proof that was stale (nonce_expire 3).
      expect(report.requests).toBeGreaterThan(8)
      const users = (await bound()).map(({ user }) => user)
      expect(users).toEqual(expect.arrayContaining(['short1', 'short2']))
    })

    it('says 3 of who is not registered when the time is over', async () => {
      const file = await agentsFile(['away,,right', 'present,,right'])

      const { exit, said } = await register('udp', file, '--once', '--for', '5s', '--stagger', '0s')

      expect(said).toMatch(/^ +\d s .* retrying 1 /m)
      expect(said).toContain('! sip:away@127.0.0.1')
      expect(said).toContain('480 Away')
      // Of who was never bound nothing is taken back, unless a request of theirs is under way when the time is over.
      expect(said).toMatch(/taken back +1(?:$|; 1 not, they expire by themselves$)/m)
      expect(said).toMatch(/\? 1 not registered yet after \d+ s/)
      expect(exit).toBe(3)
    })

    it('says 5 where nobody takes the connection', async () => {
      const file = await agentsFile(['somebody,,right'])
      const nowhere = `sip:127.0.0.1:${await freePort()};transport=tcp`

      const { exit, said } = await changeover('sip', 'register', nowhere, '--agents', file)

      expect(said).toContain('sip.transport-failed')
      expect(exit).toBe(5)
    })

    it('says 2 of a file that can’t be used, all at once and without a password', async () => {
      const file = await agentsFile(['one,,env:NOWHERE', 'one two,,hidden', 'two,,right,'])

      const { exit, said } = await register('udp', file)
      const json = await register('udp', file, '--json')

      expect(said).toContain(`${file}:2:6`)
      expect(said).toContain('environment variable NOWHERE is not set')
      expect(said).toContain(`${file}:3:1`)
      expect(said).toContain(`${file}:4:`)
      expect(said).not.toContain('hidden')
      expect([exit, json.exit]).toEqual([2, 2])
      expect(JSON.parse(json.answered)).toMatchObject({ exit: 2, problems: { length: 3 } })
    })

    it.each([
      [['--rate', '0'], '--rate 0 is no whole number'],
      [['--stagger', '5s..2s'], 'write from and to'],
      [['--refused-over', '5'], 'is no share'],
      [['--expires', '3600'], 'is no duration'],
      [['--agents', '/nowhere.csv'], "can't be read"],
    ])('says 2 of %j', async (args, problem) => {
      const file = await agentsFile(['one,,right'])

      const { exit, said } = await register('udp', file, ...args)

      expect(said).toContain(problem)
      expect(exit).toBe(2)
    })
  },
)

const register = (transport: string, file: string, ...more: readonly string[]) =>
  changeover(
    ...['sip', 'register', `sip:127.0.0.1:${ports.sip};transport=${transport}`],
    ...['--agents', file, ...more],
  )

let files = 0
async function agentsFile(rows: readonly string[]): Promise<string> {
  files += 1
  const file = join(folder, `agents-${files}.csv`)
  await writeFile(file, `${['address,user,password', ...rows].join('\n')}\n`)
  return file
}

interface Binding {
  readonly user: string
  readonly address: string
  readonly expires: number
}

interface Dump {
  readonly result: {
    readonly Domains: readonly { readonly Domain: { readonly AoRs: readonly Aor[] } }[]
  }
}
interface Aor {
  readonly Info: {
    readonly AoR: string
    readonly Contacts: readonly {
      readonly Contact: { readonly Address: string; readonly Expires: number }
    }[]
  }
}

/** What Kamailio itself has bound. */
async function bound(): Promise<readonly Binding[]> {
  const answer = await fetch(`http://127.0.0.1:${ports.rpc}/RPC`, {
    method: 'POST',
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ul.dump' }),
  })
  const dump: Dump = JSON.parse(await answer.text())
  return dump.result.Domains.flatMap(({ Domain }) => Domain.AoRs).flatMap(({ Info }) =>
    Info.Contacts.map(({ Contact }) => ({
      user: Info.AoR,
      address: Contact.Address,
      expires: Contact.Expires,
    })),
  )
}

function configuration(): string {
  const names = ['kex', 'corex', 'tm', 'sl', 'pv', 'maxfwd', 'siputils', 'textops', 'xhttp']
  const rest = ['jsonrpcs', 'usrloc', 'registrar', 'auth', 'htable', 'ratelimit']
  return `#!KAMAILIO
debug=0
log_stderror=yes
fork=yes
children=2
tcp_children=2
listen=udp:127.0.0.1:${ports.sip}
listen=tcp:127.0.0.1:${ports.sip}
listen=udp:127.0.0.1:${ports.limited}
listen=tcp:127.0.0.1:${ports.rpc}
tcp_accept_no_cl=yes
mpath="${modules ?? ''}"
${[...names, ...rest].map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("jsonrpcs", "transport", 1)
modparam("usrloc", "db_mode", 0)
modparam("registrar", "min_expires", 1)
modparam("registrar", "max_contacts", 10)
modparam("auth", "nonce_expire", 3)
modparam("htable", "htable", "seen=>size=8;autoexpire=600;initval=0")
modparam("ratelimit", "timer_interval", 1)
modparam("ratelimit", "queue", "0:REGISTER")
modparam("ratelimit", "pipe", "0:TAILDROP:${limit}")
request_route {
  if (!is_method("REGISTER")) { sl_send_reply("405", "Method Not Allowed"); exit; }
  if ($Rp == ${ports.limited} && !rl_check("0")) {
    append_to_reply("Retry-After: 2\\r\\n");
    sl_send_reply("503", "Service Unavailable");
    exit;
  }
  if (!pv_www_authenticate("acme", "right", "0")) {
    if ($rc == -3) www_challenge("acme", "17"); else www_challenge("acme", "1");
    exit;
  }
  if ($au != $tU) { sl_send_reply("403", "Not Yours"); exit; }
  if ($tU == "forbidden") { sl_send_reply("403", "Forbidden"); exit; }
  if ($tU == "missing") { sl_send_reply("404", "Not Found"); exit; }
  if ($tU == "away") { sl_send_reply("480", "Away"); exit; }
  $var(seen) = $shtinc(seen=>$tU);
  if ($tU == "cancelled" && $var(seen) == 1) { sl_send_reply("487", "Request Terminated"); exit; }
  if ($tU == "late" && $var(seen) == 1) { sl_send_reply("408", "Request Timeout"); exit; }
  if ($tU == "brief" && $(hdr(Expires){s.int}) < 7200) {
    append_to_reply("Min-Expires: 7200\\r\\n");
    sl_send_reply("423", "Interval Too Brief");
    exit;
  }
  save("location");
}
event_route[xhttp:request] {
  if ($hu =~ "^/RPC") { jsonrpc_dispatch(); } else { xhttp_reply("404", "Not Found", "text/plain", "none"); }
}
`
}
