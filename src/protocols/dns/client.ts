import type { WireClock } from '../../kernel/clock.ts'
import { type EpochMs, ms } from '../../kernel/units.ts'
import { DnsExchangeError } from './errors.ts'
import { type DnsMessage, decodeMessage } from './message.ts'
import { sameName } from './name.ts'
import type { DnsServer, DnsTransport } from './transport.ts'

/** UDP loses packets; a question that is still open after this long is asked again. */
const udpPatience = ms(1500)
const udpAttempts = 3

export interface DnsClient {
  readonly transport: DnsTransport
  readonly wireClock: WireClock
}

/** When to give up, in wire time, and what calls it off. */
export interface AskLimits {
  readonly deadline: EpochMs
  readonly signal: AbortSignal
}

/**
 * Asks over UDP, again when nothing comes back, and over TCP when the answer was cut (RFC 7766 §5).
 *
 * Only for questions: what changes something goes by `exchangeOnce` over TCP.
 *
 * @returns the bytes of the answer, because a TSIG signs bytes
 * @throws {DnsExchangeError} when no answer came by the deadline
 */
export async function askServer(
  client: DnsClient,
  server: DnsServer,
  query: Uint8Array,
  limits: AskLimits,
): Promise<Uint8Array> {
  let failure: unknown
  for (let attempt = 1; attempt <= udpAttempts; attempt += 1) {
    const udpDeadline = Math.min(limits.deadline, client.wireClock.now() + udpPatience)
    try {
      const answer = await client.transport.exchange(server, query, {
        protocol: 'udp',
        timeout: remaining(client, udpDeadline, server),
        signal: limits.signal,
      })
      if (!answerTo(query, answer, server).flags.truncated) return answer
      return await exchangeOnce(client, server, query, limits)
    } catch (error) {
      limits.signal.throwIfAborted()
      failure = error
      if (client.wireClock.now() >= limits.deadline) break
    }
  }
  throw failure
}

/** One exchange over TCP: never sent twice. */
export async function exchangeOnce(
  client: DnsClient,
  server: DnsServer,
  message: Uint8Array,
  limits: AskLimits,
): Promise<Uint8Array> {
  const answer = await client.transport.exchange(server, message, {
    protocol: 'tcp',
    timeout: remaining(client, limits.deadline, server),
    signal: limits.signal,
  })
  answerTo(message, answer, server)
  return answer
}

function remaining(client: DnsClient, deadline: number, server: DnsServer) {
  const left = deadline - client.wireClock.now()
  if (left > 0) return ms(left)
  throw new DnsExchangeError(`no time left to ask ${server.host}:${server.port}; nothing was sent`)
}

/** Whether `answer` answers `query`: same id, same question; a refusal may leave the question out. */
export function isAnswerTo(query: DnsMessage, answer: DnsMessage): boolean {
  if (!answer.flags.response || answer.id !== query.id || answer.opcode !== query.opcode) {
    return false
  }
  const [asked] = query.questions
  const [said] = answer.questions
  if (asked === undefined || said === undefined) return answer.rcode !== 0 || asked === undefined
  return asked.type === said.type && asked.class === said.class && sameName(asked.name, said.name)
}

function answerTo(query: Uint8Array, bytes: Uint8Array, server: DnsServer): DnsMessage {
  const answer = decodeMessage(bytes)
  if (isAnswerTo(decodeMessage(query), answer)) return answer
  throw new DnsExchangeError(`${server.host}:${server.port} answered something else than asked`)
}
