import { describe, expect, it } from 'vitest'
import { checkContext } from '../../../test/contracts/check-context.ts'
import { fakeState, platformsOver } from '../../../test/contracts/step-worlds.ts'
import { ms } from '../../kernel/units.ts'
import type { Platforms } from '../platform/index.ts'
import { optionsCheck } from './options-check.ts'
import type { OptionsAnswer, SipProbe, TestCallAnswer } from './ports.ts'
import { testCallCheck } from './test-call-check.ts'

const gateway = { host: 'cloud.example', port: 5060, transport: 'udp' }
const answered = (host: string): TestCallAnswer => ({
  kind: 'answered',
  callId: 'call-1',
  firstResponse: ms(20),
  answer: ms(50),
  contactHost: host,
  server: 'Cloud/1',
  codec: 'PCMU',
})

function probe(options: OptionsAnswer, call: (number: string) => TestCallAnswer): SipProbe {
  return { options: async () => options, call: async ({ number }) => call(number) }
}
const silent: OptionsAnswer = { kind: 'silent', because: 'no answer' }

describe('sip.options', () => {
  const input = optionsCheck.input.parse({ target: gateway })
  const ask = (answer: OptionsAnswer) =>
    optionsCheck.verify(input, checkContext({ sip: probe(answer, () => answered('x')) }))
  const status = (code: number) =>
    ask({ kind: 'answered', status: code, reason: '', roundTrip: ms(12), server: '' })

  it('W1.4 200 passes, silence and 503 wait, a refusal fails', async () => {
    expect((await status(200)).kind).toBe('verified')
    expect((await status(503)).kind).toBe('not-yet')
    expect((await status(403)).kind).toBe('failed')
    expect((await ask(silent)).kind).toBe('not-yet')
  })
})

describe('call.test', () => {
  const input = testCallCheck.input.parse({
    gateway,
    numbers: ['+1', '+2'],
    caller: '+3',
    expected: { side: 'cloud', neverHost: 'pbx.example', server: 'cloud' },
    nonce: 'n',
  })
  const ask = (
    call: (number: string) => TestCallAnswer,
    record?: (call: string) => string | undefined,
  ) => {
    const over = platformsOver({ cloud: fakeState() })
    const platforms: Platforms = {
      ...over,
      get: (id) => {
        const platform = over.get(id)
        const { statistics: known, ...ports } = platform.ports
        if (record === undefined || known === undefined) return { ...platform, ports }
        const conversationOf = async (callId: string) => {
          const dnis = record(callId)
          return dnis === undefined ? undefined : { id: 'c', dnis }
        }
        return { ...platform, ports: { ...ports, statistics: { ...known, conversationOf } } }
      },
    }
    return testCallCheck.verify(input, checkContext({ sip: probe(silent, call), platforms }))
  }

  it('X6 passes when the expected side answers every number', async () => {
    expect((await ask(() => answered('10.0.0.1'))).kind).toBe('verified')
  })

  it('X6 names the number that somebody else answers', async () => {
    const answer = await ask((number) => answered(number === '+2' ? 'pbx.example' : '10.0.0.1'))

    expect(answer).toMatchObject({
      kind: 'failed',
      because: expect.stringMatching(/^\+2: answered by/),
    })
  })

  it('X6 waits for the platform’s own record, and fails on one for another number', async () => {
    expect(
      (
        await ask(
          () => answered('h'),
          () => undefined,
        )
      ).kind,
    ).toBe('not-yet')
    expect(
      await ask(
        () => answered('h'),
        () => '+2',
      ),
    ).toMatchObject({
      kind: 'failed',
      because: '+1: cloud took it as a call to +2',
    })
  })

  it('a number that is refused or silent is not yet answered', async () => {
    const busy: TestCallAnswer = { kind: 'refused', callId: 'x', status: 503, reason: 'Busy' }

    expect(await ask((number) => (number === '+1' ? busy : answered('h')))).toMatchObject({
      kind: 'not-yet',
      because: '+1: refused with 503 Busy',
    })
  })
})
