import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, isListening } from './ports.ts'
import { type RealProcess, startProcess, until } from './real-process.ts'
import { callerScenario, gatewayScenario } from './real-sip-scenarios.ts'

const host = '127.0.0.1'

const modules = [
  '/usr/lib/x86_64-linux-gnu/kamailio/modules',
  '/usr/lib/aarch64-linux-gnu/kamailio/modules',
  '/usr/lib64/kamailio/modules',
  '/usr/lib/kamailio/modules',
].find((folder) => existsSync(folder))

/** What the SBC stands in front of: one dispatcher set per site, chosen by the first digits called. */
export interface SbcSite {
  readonly set: number
  readonly prefix: string
}

export interface RealSip {
  /** Kamailio, over UDP and TCP. */
  readonly sbc: { readonly port: number; readonly rpc: string }
  /** The target's gateway: SIPp, over TCP. */
  readonly target: { readonly port: number }
  /** Dispatcher destination of a set, and its flags as Kamailio shows them: `AP` is active, `DP` fenced. */
  destination(set: number): string
  flags(set: number): Promise<string | undefined>
  /** A caller rings a number at the SBC. Resolves to true when he was answered and hung up on by nobody. */
  callSource(number: string): Promise<boolean>
  /** What the target's gateway has noted since the last time: `offered …`, `ended …`. */
  notes(): Promise<readonly string[]>
  close(): Promise<void>
}

/** Kamailio with a PBX (SIPp) behind each of its sets, and the target's gateway (SIPp). */
export async function startRealSip(sites: readonly SbcSite[]): Promise<RealSip> {
  const folder = await mkdtemp(join(tmpdir(), 'changeover-sip-'))
  const [port, rpc, target] = [await freePort(), await freePort(), await freePort()]
  const pbxPorts = new Map<number, number>()
  for (const { set } of sites) pbxPorts.set(set, await freePort())
  const destination = (set: number) => `sip:${host}:${pbxPorts.get(set)}`
  const files = {
    'kamailio.cfg': kamailio({ port, rpc, folder, sites }),
    'dispatcher.list': sites.map(({ set }) => `${set} ${destination(set)}\n`).join(''),
    'pbx.xml': gatewayScenario({ server: 'pbx', host }),
    // A name of its own, so that whoever answers from the source's address is seen to be the wrong one.
    'target.xml': gatewayScenario({ server: 'genesys-cloud', host: 'localhost' }),
    'caller.xml': callerScenario,
    'notes.log': '',
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const running = [
    ...[...pbxPorts.values()].map((at) => sipp(folder, ['-sf', 'pbx.xml', '-p', `${at}`])),
    sipp(folder, [
      ...['-sf', 'target.xml', '-p', `${target}`, '-t', 't1'],
      ...['-trace_logs', '-log_file', join(folder, 'notes.log')],
    ]),
    startProcess('kamailio', kamailioArguments(folder), folder),
  ]
  const rpcUrl = `http://${host}:${rpc}/RPC`
  const flags = (set: number) => readFlags(rpcUrl, set)
  const close = async () => {
    await Promise.all(running.map((one) => one.stop()))
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await until('Kamailio probes its destinations', async () => {
      const seen = await Promise.all(sites.map(({ set }) => flags(set).catch(() => undefined)))
      return seen.every((one) => one === 'AP')
    })
    await until('the target’s gateway listens', () => isListening('tcp', target))
  } catch (cause) {
    await close()
    throw cause
  }
  return {
    sbc: { port, rpc: rpcUrl },
    target: { port: target },
    destination,
    flags,
    async callSource(number) {
      const options = ['-sf', 'caller.xml', '-m', '1', '-d', '100', '-s', number, '-timeout', '10s']
      const caller = sipp(folder, [...options, `${host}:${port}`])
      return (await caller.exit) === 0
    },
    notes: noteReader(join(folder, 'notes.log')),
    close,
  }
}

function sipp(folder: string, options: readonly string[]): RealProcess {
  return startProcess('sipp', [...options, '-i', host, '-nostdin'], folder)
}

/** Each call reads on where the one before stopped; half a line is left for the next. */
function noteReader(path: string) {
  let read = 0
  return async () => {
    const text = await readFile(path, 'utf8')
    const end = text.lastIndexOf('\n') + 1
    const fresh = text.slice(read, end)
    read = Math.max(read, end)
    return fresh.split('\n').filter((line) => line !== '')
  }
}

interface DispatcherAnswer {
  readonly result: {
    readonly RECORDS: readonly {
      readonly SET: {
        readonly ID: number
        readonly TARGETS: readonly { readonly DEST: { readonly FLAGS: string } }[]
      }
    }[]
  }
}

async function readFlags(url: string, set: number): Promise<string | undefined> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'dispatcher.list' })
  const answer = await fetch(url, { method: 'POST', body })
  const { result } = (await answer.json()) as DispatcherAnswer
  return result.RECORDS.find(({ SET }) => SET.ID === set)?.SET.TARGETS[0]?.DEST.FLAGS
}

function kamailioArguments(folder: string): readonly string[] {
  return ['-DD', '-E', '-f', join(folder, 'kamailio.cfg'), '-m', '32', '-M', '4', '-Y', folder]
}

interface KamailioOptions {
  readonly port: number
  readonly rpc: number
  readonly folder: string
  readonly sites: readonly SbcSite[]
}

/** Destinations are probed with OPTIONS each second: a fence that a probe could lift would be none. */
function kamailio({ port, rpc, folder, sites }: KamailioOptions): string {
  const names = ['kex', 'corex', 'tm', 'sl', 'rr', 'pv', 'maxfwd', 'siputils', 'textops']
  const rest = ['xhttp', 'jsonrpcs', 'dispatcher', 'dialog']
  const choices = sites.map(
    ({ set, prefix }) => `  if ($rU =~ "^\\${prefix}") { $var(set) = ${set}; }`,
  )
  return `#!KAMAILIO
debug=0
log_stderror=yes
fork=yes
children=1
tcp_children=1
listen=udp:${host}:${port}
listen=tcp:${host}:${port}
listen=tcp:${host}:${rpc}
tcp_accept_no_cl=yes
mpath="${modules ?? ''}"
${[...names, ...rest].map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("jsonrpcs", "transport", 1)
modparam("dispatcher", "list_file", "${folder}/dispatcher.list")
modparam("dispatcher", "ds_ping_interval", 1)
modparam("dispatcher", "ds_probing_mode", 1)
modparam("rr", "enable_full_lr", 1)
request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("OPTIONS") && $rU == $null) { sl_send_reply("200", "OK"); exit; }
  if (has_totag()) { loose_route(); t_relay(); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  $var(set) = 0;
${choices.join('\n')}
  if (!ds_select_dst("$var(set)", "4")) { sl_send_reply("503", "No Destination"); exit; }
  if (is_method("INVITE")) { record_route(); dlg_manage(); }
  t_relay();
}
event_route[xhttp:request] {
  if ($hu =~ "^/RPC") { jsonrpc_dispatch(); } else { xhttp_reply("404", "Not Found", "text/plain", "none"); }
}
`
}
