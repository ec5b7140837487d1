import type { WireClock } from '../../kernel/clock.ts'
import { ChangeoverError } from '../../kernel/errors.ts'
import type { Random } from '../../kernel/random.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import { type Milliseconds, ms } from '../../kernel/units.ts'
import type { MediaTransport } from '../../protocols/rtp/transport.ts'
import { SipPortError } from '../../protocols/sip/errors.ts'
import { SipTlsFilesError } from '../../protocols/sip/tls-errors.ts'
import type { SipTransport } from '../../protocols/sip/transport.ts'
import {
  createUserAgent,
  type UserAgent,
  type UserAgentOwner,
} from '../../protocols/sip/user-agent.ts'

export interface SipProbeParts {
  /**
   * Opens a transport to `target` for one probe or call; it is closed by us when nothing of it is left.
   * Rejects when a connection does not come about: that says something of the target, too.
   */
  readonly openTransport: (target: SipAddress) => Promise<SipTransport>
  /** Opens ports for media with `target`, for calls that talk. */
  readonly openMedia?: (target: SipAddress) => Promise<MediaTransport>
  readonly wireClock: WireClock
  readonly random: Random
  /** Measures round trips where the wire clock is too coarse for them. */
  readonly stopwatch?: () => Milliseconds
  /** How long OPTIONS waits for an answer, default 5 s (F1.1: no answer in 5 s is Down). */
  readonly timeout?: Milliseconds
  /** How long a test call waits to be answered, default 20 s: several rings of a phone that answers by itself. */
  readonly answerTimeout?: Milliseconds
}

export const product = 'Changeover'

/** Why nothing could be said to a target: no connection came about. */
export interface Silence {
  readonly kind: 'silent'
  readonly because: string
  readonly code: string
}

/**
 * An agent that can speak to `target`, or why it can't. Without an owner it refuses what comes from outside.
 *
 * @throws the signal's reason; what is wrong with a port or a file of ours
 */
export async function openAgent(
  { openTransport, wireClock: clock, random }: SipProbeParts,
  target: SipAddress,
  signal: AbortSignal,
  owner?: UserAgentOwner,
): Promise<UserAgent | Silence> {
  signal.throwIfAborted()
  try {
    const transport = await openTransport(target)
    return createUserAgent({ transport, clock, random, product }, owner)
  } catch (error) {
    signal.throwIfAborted()
    return silenceOf(error)
  }
}

/** A connection that did not come about is the target's fault; a port or file of ours is not. */
export function silenceOf(error: unknown): Silence {
  const ours = error instanceof SipPortError || error instanceof SipTlsFilesError
  if (ours || !(error instanceof ChangeoverError)) throw error
  return { kind: 'silent', because: error.message, code: error.code }
}

/**
 * What may still come of calls: nothing of one that was hung up; `repetitions` of an answer that was acknowledged;
 * a `call` of one that was given up, which may be answered all the same.
 */
export type Rest = 'nothing' | 'repetitions' | 'call'

/** Repetitions of a refusal are acknowledged for so long (RFC 3261 §17.1.1.2 would take 32 s): nobody is left waiting. */
const lastWords = ms(2000)

/**
 * Closes an agent when nothing of its calls can come any more that matters.
 *
 * An INVITE that was given up may still be answered, and must then be hung up (§9.1; at most 64·T1 = 32 s for the
 * INVITE and as much for its CANCEL): until then the transport must not go, however long the command is over.
 */
export function closeAfter(agent: UserAgent, rest: Rest): void {
  void whenOver(agent, rest).then(() => agent.close())
}

async function whenOver({ layer, parts }: UserAgent, rest: Rest): Promise<void> {
  if (rest === 'nothing') return
  const idle = layer.whenIdle()
  if (rest === 'call') return await idle
  const over = new AbortController()
  const late = parts.clock.sleep(lastWords, over.signal).catch(() => undefined)
  await Promise.race([idle, late])
  over.abort()
}
