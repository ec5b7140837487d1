import { describe, expect, it } from 'vitest'
import { createRandom } from '../../kernel/random.ts'
import { epochMs, ms } from '../../kernel/units.ts'
import { createVirtualTime } from '../../kernel/virtual-clock.ts'
import { createSipEndpoint, type InviteDecision } from '../../lab/network/sip-endpoint.ts'
import { createSipNetwork } from '../../lab/network/sip-memory.ts'
import { createSipProbe } from './index.ts'

const settle = () => new Promise((resolve) => setImmediate(resolve))

/** A probe and a gateway in one memory network on one virtual wire clock; `wire` is all that was carried. */
function given(decision: InviteDecision, kind: 'udp' | 'tcp' = 'udp') {
  const time = createVirtualTime(epochMs(0))
  const wireClock = { ...time, kind: 'wire' as const }
  const network = createSipNetwork(wireClock)
  const wire: string[] = []
  const note = (message: Uint8Array) => {
    const [first = ''] = new TextDecoder().decode(message).split('\r\n')
    wire.push(first.startsWith('SIP') ? first.slice(8, 11) : (first.split(' ')[0] ?? ''))
    return false
  }
  network.addFault({ drop: note })
  const nonces: (string | undefined)[] = []
  const ended: string[] = []
  const gateway = createSipEndpoint({
    transport: network.open({ host: '192.0.2.1', port: 5060, transport: kind }),
    wireClock,
    server: 'lab gateway',
    onInvite: async ({ nonce }) => {
      nonces.push(nonce)
      return decision
    },
    onOptions: () => (decision.kind === 'silence' ? { kind: 'silence' } : { kind: 'ok' }),
    onEnded: (callId) => ended.push(callId),
  })
  let ports = 40_000
  let open = 0
  const probe = createSipProbe({
    wireClock,
    random: createRandom(1),
    answerTimeout: ms(10_000),
    async openTransport({ transport }) {
      ports += 1
      open += 1
      const inner = network.open({ host: '192.0.2.9', port: ports, transport })
      return {
        ...inner,
        close: () => {
          open -= 1
          return inner.close()
        },
      }
    },
  })
  const wind = async (to: number) => {
    for (let idle = 0; idle < 3; idle += 1) await settle()
    for (let due = time.nextDue(); due !== undefined && due <= to; due = time.nextDue()) {
      time.advanceTo(due)
      for (let idle = 0; idle < 3; idle += 1) await settle()
    }
    time.advanceTo(epochMs(to))
  }
  const request = { target: gateway.local, number: '+1214', caller: '+1999', nonce: 'n-1' }
  const abort = new AbortController()
  const { signal } = abort
  const openNow = () => open
  return {
    probe,
    gateway,
    network,
    wire,
    nonces,
    ended,
    wind,
    request,
    abort,
    signal,
    openNow,
    time,
  }
}

describe('OPTIONS probe', () => {
  it('W1.4 tells the round trip in wire time', async () => {
    const { probe, gateway, network, wind, signal, openNow } = given({ kind: 'answer' })
    network.addFault({ delay: ms(40) })

    const asking = probe.options(gateway.local, signal)
    await wind(1000)

    expect(await asking).toEqual({
      kind: 'answered',
      status: 200,
      reason: 'OK',
      roundTrip: 80,
      server: 'lab gateway',
      seenAs: { host: '192.0.2.9', port: 40_001 },
    })
    expect(openNow()).toBe(0)
  })

  it('is silent after 5 s, having repeated itself over UDP', async () => {
    const { probe, gateway, wind, wire, signal, openNow } = given({ kind: 'silence' })

    const asking = probe.options(gateway.local, signal)
    await wind(4999)
    expect(openNow()).toBe(1)
    await wind(5000)

    expect(await asking).toEqual({ kind: 'silent', because: 'no answer within 5000 ms' })
    expect(wire).toEqual(['OPTIONS', 'OPTIONS', 'OPTIONS', 'OPTIONS'])
    expect(openNow()).toBe(0)
  })

  it('is answered although a datagram is lost each way', async () => {
    const { probe, gateway, network, wind, signal } = given({ kind: 'answer' })
    const losses = [true, true]
    network.addFault({ drop: () => losses.pop() ?? false })

    const asking = probe.options(gateway.local, signal)
    await wind(4000)

    expect(await asking).toMatchObject({ kind: 'answered', roundTrip: 1500 })
  })

  it('is silent where TCP finds nobody, and says by which error', async () => {
    const { probe, signal, openNow } = given({ kind: 'answer' }, 'tcp')
    const nobody = { host: '192.0.2.77', port: 5060 }

    const answer = await probe.options({ ...nobody, transport: 'tcp' }, signal)

    expect(answer).toEqual({
      kind: 'silent',
      because: expect.stringContaining('192.0.2.77'),
      code: 'sip.transport-failed',
    })
    expect(openNow()).toBe(0)
  })

  it('rejects with the reason when it is aborted', async () => {
    const { probe, gateway, wind, abort, signal, openNow } = given({ kind: 'silence' })

    const asking = probe.options(gateway.local, signal)
    await wind(100)
    abort.abort(new Error('stop'))

    await expect(asking).rejects.toThrow('stop')
    expect(openNow()).toBe(0)
  })
})

describe('test call', () => {
  it.each(['udp', 'tcp'] as const)('is answered, told apart and hung up over %s', async (kind) => {
    const world = given({ kind: 'late', afterMs: 700 }, kind)

    const calling = world.probe.call(world.request, world.signal)
    await world.wind(2000)

    expect(await calling).toMatchObject({
      kind: 'answered',
      firstResponse: 0,
      answer: 700,
      contactHost: '192.0.2.1',
      server: 'lab gateway',
      codec: 'PCMU',
    })
    expect(world.nonces).toEqual(['n-1'])
    expect(world.wire).toEqual(['INVITE', '100', '180', '200', 'ACK', 'BYE', '200'])
    expect(world.ended).toHaveLength(1)
    expect(world.openNow()).toBe(0)
  })

  it('is refused: a value, and acknowledged', async () => {
    const world = given({ kind: 'reject', status: 503, reason: 'Full' })

    const calling = world.probe.call(world.request, world.signal)
    await world.wind(100)

    expect(await calling).toMatchObject({ kind: 'refused', status: 503, reason: 'Full' })
    expect(world.wire).toEqual(['INVITE', '100', '503', 'ACK'])
    await world.wind(33_000)
    expect(world.openNow()).toBe(0)
  })

  it('is silent when nobody says a word, and leaves nothing open after 64·T1', async () => {
    const world = given({ kind: 'silence' })

    const calling = world.probe.call(world.request, world.signal)
    await world.wind(10_000)

    expect(await calling).toMatchObject({
      kind: 'silent',
      because: 'no final answer within 10000 ms',
    })
    await world.wind(32_000)
    expect(new Set(world.wire)).toEqual(new Set(['INVITE']))
    expect(world.openNow()).toBe(0)
  })

  it('is cancelled when it rings too long', async () => {
    const world = given({ kind: 'late', afterMs: 60_000 })

    const calling = world.probe.call(world.request, world.signal)
    await world.wind(10_100)

    expect(await calling).toMatchObject({ kind: 'silent' })
    expect(world.wire).toEqual(['INVITE', '100', '180', 'CANCEL', '200', '487', 'ACK'])
    await world.wind(70_000)
    expect(world.ended).toHaveLength(1)
    expect(world.openNow()).toBe(0)
  })

  it('is hung up when the answer crosses the CANCEL', async () => {
    const world = given({ kind: 'late', afterMs: 9950 })
    world.network.addFault({ delay: ms(100) })

    const calling = world.probe.call(world.request, world.signal)
    await world.wind(11_000)

    expect(await calling).toMatchObject({ kind: 'silent' })
    expect(world.wire).toContain('CANCEL')
    expect(world.wire).toContain('BYE')
    expect(world.gateway.calls()).toBe(0)
    await world.wind(80_000)
    expect(world.openNow()).toBe(0)
  })

  it('is hung up when the first word comes after we gave up', async () => {
    const world = given({ kind: 'answer' })
    const deaf = world.network.addFault({ from: '192.0.2.1', drop: () => true })

    const calling = world.probe.call(world.request, world.signal)
    await world.wind(10_000)
    deaf()
    await world.wind(20_000)

    expect(await calling).toMatchObject({ kind: 'silent' })
    expect(world.gateway.calls()).toBe(0)
    expect(world.wire.slice(-4)).toEqual(expect.arrayContaining(['ACK', 'BYE', '200']))
  })

  it('is cancelled when the first ringing comes after we gave up (§9.1)', async () => {
    const world = given({ kind: 'late', afterMs: 60_000 })
    const deaf = world.network.addFault({ from: '192.0.2.1', drop: () => true })

    const calling = world.probe.call(world.request, world.signal)
    await world.wind(10_000)
    expect(world.wire).not.toContain('CANCEL')
    deaf()
    await world.wind(20_000)

    expect(await calling).toMatchObject({ kind: 'silent' })
    expect(world.wire.filter((what) => what === 'CANCEL')).toHaveLength(1)
    expect(world.gateway.calls()).toBe(0)
  })

  it('is cancelled when it is aborted', async () => {
    const world = given({ kind: 'late', afterMs: 60_000 })

    const calling = world.probe.call(world.request, world.signal)
    await world.wind(1000)
    world.abort.abort(new Error('stop'))

    await expect(calling).rejects.toThrow('stop')
    await world.wind(2000)
    expect(world.wire).toEqual(['INVITE', '100', '180', 'CANCEL', '200', '487', 'ACK'])
  })
})

describe('lab endpoint', () => {
  it('repeats a 200 until its ACK, and hangs up when none comes (§13.3.1.4)', async () => {
    const world = given({ kind: 'answer' })
    const text = (message: Uint8Array) => new TextDecoder().decode(message)
    world.network.addFault({ drop: (message) => text(message).startsWith('ACK') })
    world.network.addFault({
      drop: (message) => text(message).startsWith('BYE') && text(message).includes('+1999'),
    })
    const caller = createSipEndpoint({
      transport: world.network.open({ host: '192.0.2.5', port: 5060, transport: 'udp' }),
      wireClock: { ...world.time, kind: 'wire' },
      server: 'caller',
      onInvite: async () => ({ kind: 'silence' }),
      onOptions: () => ({ kind: 'ok' }),
    })
    const sample = { target: world.gateway.local, number: '+1', caller: '+2', patience: ms(5000) }

    const calling = caller.placeCall({ ...sample, hangUpAfter: ms(60_000) })
    await world.wind(33_000)

    expect(await calling).toMatchObject({
      kind: 'completed',
      hungUpBy: 'callee',
      server: 'lab gateway',
    })
    expect(world.wire.filter((what) => what === 'ACK').length).toBeGreaterThan(5)
    expect(world.ended).toHaveLength(1)
  })

  it('places sample calls and hangs up after the time asked', async () => {
    const world = given({ kind: 'answer' })
    const caller = createSipEndpoint({
      transport: world.network.open({ host: '192.0.2.5', port: 5060, transport: 'udp' }),
      wireClock: { ...world.time, kind: 'wire' },
      server: 'caller',
      onInvite: async () => ({ kind: 'silence' }),
      onOptions: () => ({ kind: 'ok' }),
    })
    const sample = { target: world.gateway.local, number: '+1', caller: '+2', patience: ms(5000) }

    const calling = caller.placeCall({ ...sample, hangUpAfter: ms(3000) })
    await world.wind(2900)
    expect(world.gateway.calls()).toBe(1)
    await world.wind(3100)

    expect(await calling).toMatchObject({ kind: 'completed', hungUpBy: 'caller' })
    expect(world.gateway.calls()).toBe(0)
  })
})
