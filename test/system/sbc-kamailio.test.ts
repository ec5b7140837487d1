import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createUndiciTransport } from '../../src/adapters/http-client/index.ts'
import { createSbc } from '../../src/adapters/platforms/sbc/index.ts'
import type { PlatformPorts } from '../../src/features/platform/index.ts'
import { epoch, type WriteLimits } from '../../src/kernel/authority.ts'
import type { WireClock } from '../../src/kernel/clock.ts'
import { platformId } from '../../src/kernel/ids.ts'
import { epochMs } from '../../src/kernel/units.ts'
import { freePort } from '../support/ports.ts'
import { missingPrograms, type RealProcess, startProcess, until } from '../support/real-process.ts'

/*
 * The SBC adapter on a real Kamailio with dispatcher, dialog and JSON-RPC over HTTP; SIPp is the caller and
 * the PBX behind it. Everything on 127.0.0.1, in a directory of its own, ended by its own pid.
 */

const number = '+12145550100'
const signal = new AbortController().signal
const transport = createUndiciTransport()
const wireClock: WireClock = {
  kind: 'wire',
  now: () => epochMs(Date.now()),
  sleep: (duration, until) => sleep(duration, undefined, until ? { signal: until } : {}),
}
const modules = [
  '/usr/lib/x86_64-linux-gnu/kamailio/modules',
  '/usr/lib/aarch64-linux-gnu/kamailio/modules',
  '/usr/lib64/kamailio/modules',
  '/usr/lib/kamailio/modules',
].find((folder) => existsSync(folder))

let folder: string
let sbc: RealProcess
let ports: { sip: number; rpc: number; pbx: number; second: number; caller: number }
let adapter: Partial<PlatformPorts>
let pbx: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'changeover-sbc-'))
  const [sip, rpc, first] = [await freePort(), await freePort(), await freePort()]
  const [second, caller] = [await freePort(), await freePort()]
  ports = { sip, rpc, pbx: first, second, caller }
  pbx = `sip:127.0.0.1:${first}`
  const lists = [`1 ${pbx}`, `2 sip:127.0.0.1:${second};transport=tcp`, `3 ${pbx}`]
  await writeFile(join(folder, 'dispatcher.list'), `${lists.join('\n')}\n`)
  await writeFile(join(folder, 'kamailio.cfg'), configuration())
  await writeFile(join(folder, 'pbx.xml'), pbxScenario)
  await writeFile(join(folder, 'caller.xml'), callerScenario)
  sbc = startKamailio()
  const platform = createSbc({
    id: platformId('pbx'),
    settings: {
      kind: 'sbc',
      profile: 'kamailio-dispatcher',
      rpc: `http://127.0.0.1:${rpc}/RPC`,
      gateway: { host: '127.0.0.1', port: sip, transport: 'udp' },
    },
    secrets: {},
    transport,
    wireClock,
  })
  adapter = platform.ports
  await until('Kamailio answers', async () => {
    const found = await trunks()
      .list(signal)
      .catch(() => [])
    return found.length === 3
  })
})

afterAll(async () => {
  await transport.close()
  await sbc.stop()
  await rm(folder, { recursive: true, force: true })
})

describe.runIf(missingPrograms(['kamailio', 'sipp']).length === 0)(
  'SBC: Kamailio’s dispatcher',
  () => {
    it('reads its destinations, sets named where a URI is in two', async () => {
      const found = await trunks().list(signal)

      expect(found.map(({ name, enabled, transport: by }) => [name, enabled, by])).toEqual([
        [`set:1 ${pbx}`, true, 'udp'],
        [`sip:127.0.0.1:${ports.second};transport=tcp`, true, 'tcp'],
        [`set:3 ${pbx}`, true, 'udp'],
      ])
      await expect(trunks().find(pbx, signal)).rejects.toMatchObject({ code: 'platform.conflict' })
      expect(await trunks().find('sip:192.0.2.1', signal)).toBeUndefined()
    })

    it('D12 disables a destination and enables it again, twice being once', async () => {
      const name = `set:1 ${pbx}`

      await trunks().setEnabled(name, false, limits())
      await trunks().setEnabled(name, false, limits())

      expect(await trunks().find(name, signal)).toMatchObject({ enabled: false })
      expect(await trunks().find(`set:3 ${pbx}`, signal)).toMatchObject({ enabled: true })
      expect(await trunks().health(name, signal)).toMatchObject({
        inService: false,
        because: expect.stringContaining('disabled'),
      })
      await trunks().setEnabled(name, true, limits())
      expect(await trunks().health(name, signal)).toMatchObject({ inService: true })
    })

    it('writes nothing once the lease is lost', async () => {
      const name = `set:1 ${pbx}`
      const lost = new Error('lease lost')

      const writing = trunks().setEnabled(name, false, {
        ...limits(),
        confirmLease: () => Promise.reject(lost),
      })

      await expect(writing).rejects.toBe(lost)
      expect(await trunks().find(name, signal)).toMatchObject({ enabled: true })
    })

    it('names what is not there, and what it can not do', async () => {
      await expect(
        trunks().setEnabled('sip:192.0.2.1:5060', false, limits()),
      ).rejects.toMatchObject({
        code: 'platform.not-found',
      })
      await expect(trunks().remove(pbx, limits())).rejects.toMatchObject({
        code: 'platform.unsupported',
        message: expect.stringContaining('dispatcher list'),
      })
    })

    it('P1.1 says which procedures answer and let us in, and how far the clocks differ', async () => {
      const logged = await errorLines()
      const before = await trunks().list(signal)

      const needs = await adapter.account?.check(['trunks.setEnabled'], signal)

      expect(await errorLines()).toEqual(logged)
      expect(await trunks().list(signal)).toEqual(before)
      expect(needs?.map(({ what, state }) => [what, state])).toEqual([
        ['dispatcher.list', 'had'],
        ['dlg.stats_active', 'had'],
        ['dispatcher.set_state', 'had'],
      ])
      expect(Math.abs((await adapter.account?.clockOffset(signal)) ?? Number.NaN)).toBeLessThan(
        3000,
      )
    })

    it('P1.1 would see a line of the probe in the log, if there were one', async () => {
      const logged = (await errorLines()).length
      const params = ['ap', 1, 'sip:nobody.invalid']
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'dispatcher.set_state', params })

      await fetch(`http://127.0.0.1:${ports.rpc}/RPC`, { method: 'POST', body })

      await until('an error line is logged', async () => (await errorLines()).length > logged)
    })

    it('counts the calls that are up while new ones are refused: the drain', async () => {
      const answering = sipp(['-sf', 'pbx.xml', '-p', String(ports.pbx)])
      const calling = sipp([
        ...['-sf', 'caller.xml', '-p', String(ports.caller), '-m', '2', '-r', '10', '-s', number],
        `127.0.0.1:${ports.sip}`,
      ])
      try {
        await until('two calls are up', async () => (await calls([number])) === 2)
        expect(await calls([])).toBe(2)
        expect(await calls(['+12145550199'])).toBe(0)

        await trunks().setEnabled(`set:1 ${pbx}`, false, limits())
        expect(await calls([number])).toBe(2)
        const refused = sipp([
          ...['-sf', 'caller.xml', '-m', '1', '-s', number, '-timeout', '5s'],
          `127.0.0.1:${ports.sip}`,
        ])
        expect(await refused.exit).not.toBe(0)

        expect(await calling.exit).toBe(0)
        await until('no call is up', async () => (await calls([number])) === 0)
      } finally {
        await answering.stop()
        await calling.stop()
        await trunks().setEnabled(`set:1 ${pbx}`, true, limits())
      }
    })

    it('D1 counts a call that was dialled without its country code', async () => {
      const answering = sipp(['-sf', 'pbx.xml', '-p', String(ports.pbx)])
      const calling = sipp([
        ...['-sf', 'caller.xml', '-p', String(ports.caller), '-m', '1', '-s', '2145550100'],
        `127.0.0.1:${ports.sip}`,
      ])
      try {
        await until('the call is up', async () => (await calls([number])) === 1)
        expect(await calls(['+12145550199'])).toBe(0)
        expect(await calling.exit).toBe(0)
        await until('no call is up', async () => (await calls([number])) === 0)
      } finally {
        await answering.stop()
        await calling.stop()
      }
    })

    it('sees that a reload took a fence away', async () => {
      const name = `set:1 ${pbx}`
      await trunks().setEnabled(name, false, limits())

      await rpc('dispatcher.reload')

      // Contract §4.7: a reload forgets every state that was set.
      await until(
        'it is enabled',
        async () => (await trunks().find(name, signal))?.enabled === true,
      )
    })

    it('is unreachable when nobody listens', async () => {
      await sbc.stop()

      await expect(trunks().list(signal)).rejects.toMatchObject({ code: 'platform.unreachable' })
    })
  },
)

function trunks(): PlatformPorts['trunks'] {
  if (adapter.trunks === undefined) throw new Error('the SBC has trunks')
  return adapter.trunks
}

const calls = async (numbers: readonly string[]) => adapter.liveCalls?.count(numbers, signal)

function limits(): WriteLimits {
  const deadline = epochMs(Date.now() + 10_000)
  return { signal, deadline, epoch: epoch(1), confirmLease: () => Promise.resolve() }
}

async function rpc(method: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${ports.rpc}/RPC`, {
    method: 'POST',
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method }),
  })
  return answer.text()
}

function startKamailio(): RealProcess {
  const options = ['-DD', '-E', '-f', 'kamailio.cfg', '-m', '32', '-M', '4', '-Y', folder]
  return startProcess('kamailio', options, folder, logFile())
}

const logFile = () => join(folder, 'kamailio.log')

/** What Kamailio has logged as errors; `debug=0` lets nothing milder through but warnings. */
async function errorLines(): Promise<readonly string[]> {
  return (await readFile(logFile(), 'utf8')).split('\n').filter((line) => line.includes('ERROR'))
}

function sipp(options: readonly string[]): RealProcess {
  return startProcess('sipp', [...options, '-i', '127.0.0.1', '-nostdin'], folder)
}

function configuration(): string {
  const names = ['kex', 'corex', 'tm', 'sl', 'rr', 'pv', 'maxfwd', 'siputils', 'textops']
  const rest = ['xhttp', 'jsonrpcs', 'dispatcher', 'dialog']
  return `#!KAMAILIO
debug=0
log_stderror=yes
fork=yes
children=1
tcp_children=1
listen=udp:127.0.0.1:${ports.sip}
listen=tcp:127.0.0.1:${ports.rpc}
tcp_accept_no_cl=yes
mpath="${modules ?? ''}"
${[...names, ...rest].map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("jsonrpcs", "transport", 1)
modparam("dispatcher", "list_file", "${folder}/dispatcher.list")
modparam("dispatcher", "ds_ping_interval", 0)
modparam("rr", "enable_full_lr", 1)
request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (has_totag()) { loose_route(); t_relay(); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (!ds_select_dst("1", "4")) { sl_send_reply("503", "No Destination"); exit; }
  if (is_method("INVITE")) { record_route(); dlg_manage(); }
  t_relay();
}
event_route[xhttp:request] {
  if ($hu =~ "^/RPC") { jsonrpc_dispatch(); } else { xhttp_reply("404", "Not Found", "text/plain", "none"); }
}
`
}

const inDialog = (method: string, sequence: number) => `
${method} [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
[routes]
From: <sip:+12145550001@[local_ip]:[local_port]>;tag=[pid]a[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: ${sequence} ${method}
Max-Forwards: 70
Content-Length: 0

`

const callerScenario = `<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="caller">
<send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:+12145550001@[local_ip]:[local_port]>;tag=[pid]a[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="100" optional="true"/>
<recv response="200" rrs="true"/>
<send><![CDATA[${inDialog('ACK', 1)}]]></send>
<pause milliseconds="5000"/>
<send retrans="500"><![CDATA[${inDialog('BYE', 2)}]]></send>
<recv response="200"/>
</scenario>
`

const answer = (more: string) => `
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]${more}
Content-Length: 0

`

const pbxScenario = `<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="pbx">
<recv request="INVITE" rrs="true"/>
<send><![CDATA[${answer(`;tag=[pid]b[call_number]
[last_Call-ID:]
[last_CSeq:]
[last_Record-Route:]
Contact: <sip:pbx@[local_ip]:[local_port]>`)}]]></send>
<recv request="ACK"/>
<recv request="BYE"/>
<send><![CDATA[${answer(`
[last_Call-ID:]
[last_CSeq:]`)}]]></send>
</scenario>
`
