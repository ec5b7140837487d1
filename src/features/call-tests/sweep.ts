import type { SipAddress } from '../../kernel/sip-address.ts'
import { type CallVerdict, type ExpectedAnswer, judgeCall } from './judge-call.ts'
import type { SipProbe, TestCallAnswer } from './ports.ts'

export interface SweepPlan {
  readonly target: SipAddress
  readonly numbers: readonly string[]
  /** All of a call but where it goes and its nonce. */
  readonly call: Omit<Parameters<SipProbe['call']>[0], 'target' | 'number' | 'nonce'>
  /** Each call's nonce is this and its place in the list. */
  readonly nonce: string
  readonly expected: ExpectedAnswer
  /** Calls under way at the same time. */
  readonly atOnce: number
}

export interface SweptNumber extends CallVerdict {
  readonly number: string
  readonly nonce: string
  readonly answer: TestCallAnswer
}

/** Calls every number once, few at a time, and says of each what it proves (B4.3, X6). Yields as the calls end, until the signal. */
export async function* sweepNumbers(
  { sip }: { readonly sip: Pick<SipProbe, 'call'> },
  plan: SweepPlan,
  signal: AbortSignal,
): AsyncGenerator<SweptNumber> {
  const left = plan.numbers.map((number, index) => ({
    number,
    nonce: `${plan.nonce}-${index + 1}`,
  }))
  const underWay = new Map<string, Promise<SweptNumber>>()
  const callOne = async (number: string, nonce: string): Promise<SweptNumber> => {
    const answer = await sip.call({ ...plan.call, target: plan.target, number, nonce }, signal)
    return { number, nonce, answer, ...judgeCall(answer, plan.expected) }
  }
  while (left.length > 0 || underWay.size > 0) {
    while (left.length > 0 && underWay.size < plan.atOnce) {
      const next = left.shift()
      if (next !== undefined) underWay.set(next.nonce, callOne(next.number, next.nonce))
    }
    const swept = await Promise.race(underWay.values()).catch((error: unknown) => {
      // Called off, each call hangs up by itself.
      if (signal.aborted) return undefined
      throw error
    })
    if (swept === undefined) return
    underWay.delete(swept.nonce)
    yield swept
  }
}
