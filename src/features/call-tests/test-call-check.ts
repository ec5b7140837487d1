import { z } from 'zod'
import { defineCheck, type StepContext, type Verification } from '../../engine/step.ts'
import { type PlatformId, platformId } from '../../kernel/ids.ts'
import { later, ms } from '../../kernel/units.ts'
import type { Platforms } from '../platform/index.ts'
import { sipAddressInput } from './options-check.ts'
import type { SipProbe, TestCallAnswer } from './ports.ts'

const TestCalls = z.object({
  /** Where the calls are sent. */
  gateway: sipAddressInput,
  numbers: z.array(z.string().min(1)).min(1),
  /** Whom they come from, E.164; with a share, somebody whose bucket the target keeps. */
  caller: z.string().min(1),
  /** What the side that must answer looks like; every part given must match. */
  expected: z.object({
    side: z.string().min(1).transform(platformId),
    contactHost: z.string().min(1).optional(),
    /** Part of its Server or User-Agent header, in any case. */
    server: z.string().min(1).optional(),
    /** The other side's host, where it isn't this side's too: whoever answers from there is the wrong one. */
    neverHost: z.string().min(1).optional(),
  }),
  /** Makes nonces that say of which run a call is. */
  nonce: z.string().min(1),
})
type TestCalls = z.output<typeof TestCalls>
type Context = StepContext<{ readonly sip: SipProbe; readonly platforms: Platforms }>

interface Finding {
  readonly number: string
  readonly verdict: 'right' | 'wrong' | 'not-yet'
  readonly because: string
}

/** Calls under way at the same time: few enough not to be load. */
const mostAtOnce = 10

/** How often the platform is asked for a call's record, two seconds apart. */
const looks = 5

/**
 * Calls each number and proves which side answered (W4.1, X6): by what answered, and by the call's record
 * at the platform where it keeps one. Anybody else answering fails the step.
 */
export const testCallCheck = defineCheck({
  kind: 'call.test',
  type: 'check',
  input: TestCalls,
  describe: ({ numbers, expected }: TestCalls) =>
    `call ${numbers.length} numbers and see that ${expected.side} answers each`,
  estimate: ({ numbers }) => ms(3000 * numbers.length),
  patience: () => ({ longest: ms(5 * 60_000), owner: 'operator', then: 'roll-back' }),

  async verify(input, context: Context): Promise<Verification> {
    const findings: Finding[] = []
    // Numbers that nobody answers are waited for together: one after the other would take minutes.
    for (let from = 0; from < input.numbers.length; from += mostAtOnce) {
      const some = input.numbers.slice(from, from + mostAtOnce)
      findings.push(...(await Promise.all(some.map((number) => callOne(input, number, context)))))
    }
    const say = (verdict: Finding['verdict']) =>
      findings
        .filter((finding) => finding.verdict === verdict)
        .map(({ number, because }) => `${number}: ${because}`)
        .join('; ')
    if (say('wrong') !== '') return { kind: 'failed', because: say('wrong') }
    if (say('not-yet') !== '') {
      const lookAgainAt = later(context.clock.now(), ms(15_000))
      return { kind: 'not-yet', because: say('not-yet'), lookAgainAt }
    }
    const { length } = findings
    return {
      kind: 'verified',
      seen: `${length} of ${length} numbers answered by ${input.expected.side}`,
    }
  },
})

async function callOne(input: TestCalls, number: string, context: Context): Promise<Finding> {
  const { gateway: target, caller, nonce, expected } = input
  const request = { target, number, caller, nonce: `${nonce}-${number}` }
  const answer = await context.ports.sip.call(request, context.signal)
  if (answer.kind === 'silent') return { number, verdict: 'not-yet', because: answer.because }
  if (answer.kind === 'refused')
    return { number, verdict: 'not-yet', because: `refused with ${answer.status} ${answer.reason}` }
  if (!isExpected(answer, expected)) {
    const who = `${answer.server || 'an unnamed server'} at ${answer.contactHost}`
    return { number, verdict: 'wrong', because: `answered by ${who}, not by ${expected.side}` }
  }
  const { callId } = answer
  const dnis = await readDnis(expected.side, callId, context)
  if (dnis === undefined)
    return {
      number,
      verdict: 'not-yet',
      because: `${expected.side} shows no record of the call yet`,
    }
  if (dnis !== null && dnis !== number)
    return { number, verdict: 'wrong', because: `${expected.side} took it as a call to ${dnis}` }
  return { number, verdict: 'right', because: 'answered' }
}

function isExpected(
  { contactHost, server }: Extract<TestCallAnswer, { kind: 'answered' }>,
  expected: TestCalls['expected'],
): boolean {
  const host = expected.contactHost?.toLowerCase() ?? contactHost.toLowerCase()
  const part = expected.server?.toLowerCase() ?? ''
  const found = contactHost.toLowerCase()
  const isOther = found === expected.neverHost?.toLowerCase()
  return found === host && !isOther && server.toLowerCase().includes(part)
}

/** The number that the platform's record of the call names; `null` where it keeps none, undefined when none shows. */
async function readDnis(
  side: PlatformId,
  callId: string,
  { ports, clock, signal }: Context,
): Promise<string | null | undefined> {
  const { statistics } = ports.platforms.get(side).ports
  if (statistics === undefined) return null
  for (let tries = 1; tries <= looks; tries += 1) {
    const record = await statistics.conversationOf(callId, signal)
    if (record !== undefined) return record.dnis
    if (tries < looks) await clock.sleep(ms(2000), signal)
  }
  return undefined
}
