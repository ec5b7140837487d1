import { describe, expect, it } from 'vitest'
import { epochMs, type Milliseconds } from '../../kernel/units.ts'
import { createVirtualTime } from '../../kernel/virtual-clock.ts'
import { inviteClientMachine } from './invite-client-transaction.ts'
import { inviteServerMachine } from './invite-server-transaction.ts'
import type { SipMessage, SipRequest } from './message.ts'
import { nonInviteClientMachine } from './non-invite-client-transaction.ts'
import { nonInviteServerMachine } from './non-invite-server-transaction.ts'
import { parseMessage } from './parse-message.ts'
import { newRequest, respondTo } from './requests.ts'
import { rfcTimers } from './timers.ts'
import { type Machine, runTransaction } from './transaction.ts'

const peer = { host: '192.0.2.1', port: 5060, transport: 'udp' } as const

function request(method: string): SipRequest {
  const bare = newRequest({
    method,
    uri: 'sip:b@192.0.2.1',
    from: '<sip:a@192.0.2.2>;tag=1',
    to: '<sip:b@192.0.2.1>',
    callId: 'c1',
  })
  const via = { name: 'Via', value: 'SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK1' }
  return { ...bare, headers: [via, ...bare.headers] }
}

const line = (message: SipMessage) =>
  message.kind === 'request' ? message.method : String(message.status)

/** One machine on a virtual clock; `log` holds what happened, `sent` when a message went out. */
function rig<State extends { readonly kind: string }>(
  machine: Machine<State>,
  options: { method: string; reliable?: boolean },
) {
  const time = createVirtualTime(epochMs(0))
  const sent: [at: number, what: string][] = []
  const log: string[] = []
  const network = { broken: false }
  const transport = {
    local: peer,
    reliable: options.reliable ?? false,
    async send(bytes: Uint8Array) {
      if (network.broken) throw new Error('no route')
      sent.push([time.now(), line(parseMessage(bytes))])
    },
    onMessage: () => () => undefined,
    onBroken: () => () => undefined,
    close: async () => undefined,
  }
  const clock = { ...time, kind: 'wire' as const }
  const original = request(options.method)
  const transaction = runTransaction(
    machine,
    { request: original, peer, ports: { transport, clock, timers: rfcTimers } },
    {
      onMessage: (message) => log.push(`got ${line(message)}`),
      onFailed: (because) => log.push(because),
      onTerminated: () => log.push(`ended at ${time.now()}`),
    },
  )
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  const wind = async (to: number) => {
    for (let due = time.nextDue(); due !== undefined && due <= to; due = time.nextDue()) {
      time.advanceTo(due)
      await settle()
    }
    time.advanceTo(epochMs(to))
    await settle()
  }
  const respond = (status: number) => respondTo(original, status, 'x', { toTag: 't' })
  const receive = async (status: number) => {
    transaction.handle({ kind: 'received', message: respond(status) })
    await settle()
  }
  const answer = async (status: number) => {
    transaction.handle({ kind: 'respond', response: respond(status) })
    await settle()
  }
  const receiveRequest = async (method: string) => {
    transaction.handle({ kind: 'received', message: request(method) })
    await settle()
  }
  const at = () => sent.map(([when]) => when)
  return { transaction, sent, at, log, wind, receive, answer, receiveRequest, network }
}

const t1: Milliseconds = rfcTimers.t1

describe('INVITE client transaction (RFC 3261 §17.1.1)', () => {
  const invite = (reliable = false) => rig(inviteClientMachine, { method: 'INVITE', reliable })

  it('A doubles the pause between retransmissions, B gives up after 64·T1', async () => {
    const run = invite()

    await run.wind(40_000)

    expect(run.at()).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500])
    expect(run.log).toEqual(['timeout', 'ended at 32000'])
  })

  it('has no A over a reliable transport, but B', async () => {
    const run = invite(true)

    await run.wind(40_000)

    expect(run.at()).toEqual([0])
    expect(run.log).toEqual(['timeout', 'ended at 32000'])
  })

  it('stops A and B at the first provisional response', async () => {
    const run = invite()

    await run.wind(600)
    await run.receive(180)
    await run.wind(100_000)

    expect(run.at()).toEqual([0, 500])
    expect(run.log).toEqual(['got 180'])
    expect(run.transaction.state()).toBe('proceeding')
  })

  it('acknowledges a refusal, again when it is repeated, until D', async () => {
    const run = invite()

    await run.receive(486)
    await run.wind(1000)
    await run.receive(486)
    await run.wind(31_999)
    expect(run.transaction.state()).toBe('completed')
    await run.wind(32_000)

    expect(run.sent).toEqual([
      [0, 'INVITE'],
      [0, 'ACK'],
      [1000, 'ACK'],
    ])
    expect(run.log).toEqual(['got 486', 'ended at 32000'])
  })

  it('has D of zero over a reliable transport', async () => {
    const run = invite(true)

    await run.receive(486)

    expect(run.log).toEqual(['got 486', 'ended at 0'])
  })

  it('M hands repeated 2xx up for 64·T1 (RFC 6026), and sends no ACK itself', async () => {
    const run = invite()

    await run.receive(200)
    await run.wind(31_999)
    await run.receive(200)
    await run.receive(486)
    await run.wind(32_000)
    await run.receive(200)

    expect(run.at()).toEqual([0])
    expect(run.log).toEqual(['got 200', 'got 200', 'ended at 32000'])
  })

  it('tells a transport error and ends', async () => {
    const run = invite()
    run.network.broken = true

    await run.wind(500)

    expect(run.log).toEqual(['transport-error', 'ended at 500'])
  })

  it('is forgotten when a cancelled INVITE gets no answer (§9.1), not before the far side spoke', async () => {
    const run = invite()

    run.transaction.handle({ kind: 'ignore' })
    expect(run.transaction.state()).toBe('calling')
    await run.receive(100)
    run.transaction.handle({ kind: 'ignore' })

    expect(run.transaction.state()).toBe('terminated')
  })
})

describe('non-INVITE client transaction (RFC 3261 §17.1.2)', () => {
  const options = (reliable = false) => rig(nonInviteClientMachine, { method: 'OPTIONS', reliable })

  it('E doubles up to T2, F gives up after 64·T1', async () => {
    const run = options()

    await run.wind(40_000)

    const expected = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
    expect(run.at()).toEqual(expected)
    expect(run.log).toEqual(['timeout', 'ended at 32000'])
  })

  it('E is T2 once a provisional response has come, F goes on', async () => {
    const run = options()

    await run.wind(600)
    await run.receive(100)
    await run.wind(40_000)

    expect(run.at().slice(0, 5)).toEqual([0, 500, 1500, 5500, 9500])
    expect(run.log).toEqual(['got 100', 'timeout', 'ended at 32000'])
  })

  it('has no E over a reliable transport', async () => {
    const run = options(true)

    await run.wind(40_000)

    expect(run.at()).toEqual([0])
    expect(run.log).toEqual(['timeout', 'ended at 32000'])
  })

  it('K swallows repeated answers for T4', async () => {
    const run = options()

    await run.receive(200)
    await run.receive(200)
    await run.wind(4999)
    expect(run.transaction.state()).toBe('completed')
    await run.wind(5000)

    expect(run.at()).toEqual([0])
    expect(run.log).toEqual(['got 200', 'ended at 5000'])
  })

  it('has K of zero over a reliable transport', async () => {
    const run = options(true)

    await run.receive(404)

    expect(run.log).toEqual(['got 404', 'ended at 0'])
  })

  it('tells a transport error and ends', async () => {
    const run = options()
    run.network.broken = true

    await run.wind(500)

    expect(run.log).toEqual(['transport-error', 'ended at 500'])
  })
})

describe('INVITE server transaction (RFC 3261 §17.2.1)', () => {
  const invite = (reliable = false) => rig(inviteServerMachine, { method: 'INVITE', reliable })

  it('sends 100 after 200 ms when the layer above is slow, and never after it has answered', async () => {
    const slow = invite()
    const quick = invite()

    await quick.answer(180)
    await quick.wind(1000)
    await slow.wind(1000)

    expect(slow.sent).toEqual([[200, '100']])
    expect(quick.sent).toEqual([[0, '180']])
  })

  it('repeats the last provisional response to a repeated INVITE', async () => {
    const run = invite()

    await run.receiveRequest('INVITE')
    await run.answer(180)
    await run.receiveRequest('INVITE')

    expect(run.sent.map(([, what]) => what)).toEqual(['180', '180'])
  })

  it('G repeats a refusal, doubling up to T2, H gives up after 64·T1', async () => {
    const run = invite()

    await run.answer(503)
    await run.wind(40_000)

    const expected = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
    expect(run.at()).toEqual(expected)
    expect(run.log).toEqual(['timeout', 'ended at 32000'])
  })

  it('has no G over a reliable transport, but H', async () => {
    const run = invite(true)

    await run.answer(503)
    await run.wind(40_000)

    expect(run.at()).toEqual([0])
    expect(run.log).toEqual(['timeout', 'ended at 32000'])
  })

  it('I swallows repeated ACKs for T4', async () => {
    const run = invite()

    await run.answer(503)
    await run.wind(600)
    await run.receiveRequest('ACK')
    await run.receiveRequest('ACK')
    await run.wind(5599)
    expect(run.transaction.state()).toBe('confirmed')
    await run.wind(5600)

    expect(run.at()).toEqual([0, 500])
    expect(run.log).toEqual(['ended at 5600'])
  })

  it('has I of zero over a reliable transport', async () => {
    const run = invite(true)

    await run.answer(503)
    await run.receiveRequest('ACK')

    expect(run.log).toEqual(['ended at 0'])
  })

  it('L keeps an accepted call for 64·T1 (RFC 6026): INVITE swallowed, ACK and 2xx passed on', async () => {
    const run = invite()

    await run.answer(200)
    await run.receiveRequest('INVITE')
    await run.answer(200)
    await run.receiveRequest('ACK')
    await run.wind(32_000)

    expect(run.sent.map(([, what]) => what)).toEqual(['200', '200'])
    expect(run.log).toEqual(['got ACK', 'ended at 32000'])
  })

  it('tells a transport error', async () => {
    const run = invite()
    run.network.broken = true

    await run.answer(503)

    expect(run.log).toEqual(['transport-error', 'ended at 0'])
  })

  it('stays mute, repeated INVITE or not, when the endpoint plays dead', async () => {
    const run = invite()

    run.transaction.handle({ kind: 'ignore' })
    await run.receiveRequest('INVITE')
    await run.wind(32_000)

    expect(run.sent).toEqual([])
    expect(run.log).toEqual(['ended at 32000'])
  })
})

describe('non-INVITE server transaction (RFC 3261 §17.2.2)', () => {
  const options = (reliable = false) => rig(nonInviteServerMachine, { method: 'OPTIONS', reliable })

  it('J repeats the answer to repeated requests for 64·T1', async () => {
    const run = options()

    await run.receiveRequest('OPTIONS')
    expect(run.sent).toEqual([])
    await run.answer(200)
    await run.wind(31_999)
    await run.receiveRequest('OPTIONS')
    await run.wind(32_000)

    expect(run.at()).toEqual([0, 31_999])
    expect(run.log).toEqual(['ended at 32000'])
  })

  it('has J of zero over a reliable transport', async () => {
    const run = options(true)

    await run.answer(200)

    expect(run.log).toEqual(['ended at 0'])
  })

  it('repeats a provisional answer, and tells a transport error', async () => {
    const run = options()

    await run.answer(100)
    await run.receiveRequest('OPTIONS')
    expect(run.at()).toEqual([0, 0])
    run.network.broken = true
    await run.answer(200)

    expect(run.log).toEqual(['transport-error', 'ended at 0'])
  })

  it('stays mute when the endpoint plays dead', async () => {
    const run = options()

    run.transaction.handle({ kind: 'ignore' })
    await run.receiveRequest('OPTIONS')
    await run.wind(64 * t1)

    expect(run.sent).toEqual([])
    expect(run.log).toEqual(['ended at 32000'])
  })
})
