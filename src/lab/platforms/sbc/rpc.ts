import type { WireClock } from '../../../kernel/clock.ts'
import type { HttpHandler } from '../../../protocols/http/transport.ts'
import type { Faults } from '../../faults.ts'
import { type Destination, type Dialog, destinationStates, type Sbc } from '../../sbc.ts'
import { fieldsOf, jsonAnswer, readJson } from '../json-answer.ts'

export interface SbcRpcParts {
  readonly sbc: Sbc
  readonly faults: Faults
  readonly wireClock: WireClock
}

/** A procedure's result, or the message of its HTTP 500. */
type Outcome = { readonly result: unknown } | { readonly error: string }

/** Kamailio 5.6's `POST /RPC` as far as a cutover uses it: dispatcher and dialog (contract/README §4.7). */
export function createSbcRpc({ sbc, faults, wireClock }: SbcRpcParts): HttpHandler {
  const procedures: Readonly<Record<string, (params: readonly unknown[]) => Outcome>> = {
    'core.uptime': () => ({ result: { now: printTime(wireClock.now()) } }),
    'dispatcher.list': () => ({ result: listDestinations(sbc.destinations) }),
    'dispatcher.set_state': (params) => setState(sbc, params),
    'dispatcher.reload': () =>
      sbc.reload()
        ? { result: 'Ok. Dispatcher successfully reloaded.' }
        : { error: 'Ongoing reload' },
    'dlg.stats_active': () => ({ result: countDialogs([...sbc.dialogs()]) }),
    'dlg.briefing': () => ({ result: [...sbc.dialogs()].map(brief) }),
    'dlg.list': () => ({ result: [...sbc.dialogs()].map(show) }),
  }
  return async (request) => {
    const { pathname } = new URL(request.url, 'http://sbc')
    if (request.method !== 'POST' || pathname !== '/RPC') {
      return { status: 404, headers: {}, body: '' }
    }
    const { id, method, params } = fieldsOf(readJson(request.body))
    const fault = faults.rpc()
    if (fault.slowBy !== undefined) await wireClock.sleep(fault.slowBy)
    const perform = procedures[typeof method === 'string' ? method : '']
    const outcome = fault.error === undefined ? perform?.(listOf(params)) : { error: fault.error }
    return answer(outcome ?? { error: 'Method Not Found' }, id)
  }
}

function answer(outcome: Outcome, id: unknown) {
  if ('result' in outcome) return jsonAnswer(200, { jsonrpc: '2.0', ...outcome, id })
  return jsonAnswer(500, { jsonrpc: '2.0', error: { code: 500, message: outcome.error }, id })
}

function listOf(params: unknown): readonly unknown[] {
  return Array.isArray(params) ? params : []
}

/** First letter the state, `p` anywhere after it: probed. */
function setState(sbc: Sbc, [state, set, uri]: readonly unknown[]): Outcome {
  if (typeof state !== 'string' || typeof uri !== 'string') return { error: 'Invalid Parameters' }
  const letters = state.toUpperCase()
  const wanted = destinationStates.find((one) => letters.startsWith(one))
  if (wanted === undefined) return { error: 'Unknown State Value' }
  const isDone = sbc.setState(Number(set), uri, wanted, letters.includes('P'))
  return isDone ? { result: 'Ok. Dispatcher state updated.' } : { error: 'State Update Failed' }
}

function listDestinations(destinations: readonly Destination[]) {
  const sets = [...new Set(destinations.map(({ set }) => set))]
  return {
    NRSETS: sets.length,
    RECORDS: sets.map((ID) => ({
      SET: { ID, TARGETS: destinations.filter(({ set }) => set === ID).map(showDestination) },
    })),
  }
}

function showDestination({ uri, state, probing, set }: Destination) {
  const attributes = { BODY: '', DUID: `site-${set}`, MAXLOAD: 0, WEIGHT: 0, SOCKET: '' }
  return {
    DEST: { URI: uri, FLAGS: `${state}${probing ? 'P' : 'X'}`, PRIORITY: 0, ATTRS: attributes },
  }
}

/** Callers of the model are answered at once by the PBX's announcement: every dialog is confirmed. */
function countDialogs({ length }: readonly Dialog[]) {
  return { starting: 0, connecting: 0, answering: 0, ongoing: length, all: length }
}

const confirmed = 4

function brief({ id, call, startedAt }: Dialog) {
  const start = Math.floor(startedAt / 1000)
  return {
    h_entry: id % 4096,
    h_id: id,
    'call-id': call.sipCallId,
    from_uri: `sip:${call.caller}@${call.carrier}`,
    to_uri: `sip:${call.dnis}@sbc`,
    state: confirmed,
    start_ts: start,
  }
}

function show(dialog: Dialog) {
  const { call, callee } = dialog
  return {
    ...brief(dialog),
    caller: { tag: `from-${dialog.id}`, contact: `sip:${call.caller}@${call.carrier}` },
    callee: { tag: `to-${dialog.id}`, contact: callee },
  }
}

/** `Sat Nov 21 02:48:01 2026`, as C's ctime prints it. */
function printTime(now: number): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(now)
    .toUTCString()
    .replace(',', '')
    .split(' ')
  return `${weekday} ${month} ${day.padStart(2)} ${time} ${year}`
}
