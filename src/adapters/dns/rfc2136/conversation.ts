import { randomInt } from 'node:crypto'
import { DnsUnreachableError } from '../../../features/dns-control/index.ts'
import type { WireClock } from '../../../kernel/clock.ts'
import { type EpochMs, later, type Milliseconds, ms } from '../../../kernel/units.ts'
import {
  type AskLimits,
  askServer,
  type DnsClient,
  exchangeOnce,
} from '../../../protocols/dns/client.ts'
import { type DnsMessage, encodeMessage } from '../../../protocols/dns/message.ts'
import type { DnsServer, DnsTransport } from '../../../protocols/dns/transport.ts'
import {
  openMessage,
  type SignedMessage,
  signMessage,
  type TsigKey,
} from '../../../protocols/dns/tsig.ts'
import { type Asked, refusalOf } from './refusal.ts'

export interface Rfc2136Options {
  readonly zone: string
  /** The primary: updates go to it, and it says what holds. */
  readonly server: DnsServer
  readonly key?: TsigKey
  readonly transport: DnsTransport
  readonly wireClock: WireClock
}

/**
 * How old an update may be when it reaches the primary, by the primary's clock, in seconds; later it is
 * BADTIME. A new holder of the lease writes 5 s after the old lease has ended at the earliest: an update of
 * ours that was frozen on its way for as long must not take effect then (X7). No prerequisite can tell:
 * after a rollback the records are what they were. Clocks that are further apart show in the preflight.
 */
const updateFudge = 4

/** How long one question or one update to the primary may take. */
const patience = ms(5000)

/** Signed talk with the primary. Everything it throws is a DNS error of the feature, or the reason of the abort. */
export interface Conversation {
  ask(message: DnsMessage, limits: AskLimits): Promise<DnsMessage>
  /** Sends once, over TCP; `beforeSend` runs immediately before. Its errors come through as they are. */
  update(
    message: DnsMessage,
    limits: AskLimits,
    beforeSend: () => Promise<void>,
  ): Promise<DnsMessage>
  limits(signal: AbortSignal, deadline?: EpochMs): AskLimits
  pause(duration: Milliseconds, signal: AbortSignal): Promise<void>
}

export const newId = () => randomInt(0x1_0000)

export function createConversation(options: Rfc2136Options): Conversation {
  const { server, key, zone, wireClock } = options
  const client: DnsClient = options
  const nowSeconds = () => Math.floor(wireClock.now() / 1000)
  const asked: Asked = {
    server: `${server.host}:${server.port}`,
    zone,
    nowSeconds,
    ...(key === undefined ? {} : { key }),
  }

  const talk = async (
    signed: SignedMessage,
    limits: AskLimits,
    send: (bytes: Uint8Array) => Promise<Uint8Array>,
  ) => {
    try {
      const bytes = await send(signed.bytes)
      const requestMac = key === undefined ? {} : { requestMac: signed.mac }
      return openMessage(bytes, key === undefined ? [] : [key], {
        nowSeconds: nowSeconds(),
        ...requestMac,
      })
    } catch (cause) {
      limits.signal.throwIfAborted()
      throw new DnsUnreachableError(`${asked.server} could not be asked about ${zone}`, {
        details: { server: asked.server, zone },
        cause,
      })
    }
  }
  const believed = (opened: Awaited<ReturnType<typeof talk>>) => {
    const refusal = refusalOf(opened, asked)
    if (refusal !== undefined) throw refusal
    return opened.message
  }

  return {
    async ask(message, limits) {
      const signed = sign(message, key, { timeSigned: nowSeconds() })
      const send = (bytes: Uint8Array) => askServer(client, server, bytes, limits)
      return believed(await talk(signed, limits, send))
    },
    async update(message, limits, beforeSend) {
      // Its time runs from before the lease is confirmed: nothing may come between that and the signature.
      const signed = sign(message, key, { timeSigned: nowSeconds(), fudge: updateFudge })
      await beforeSend()
      const send = (bytes: Uint8Array) => exchangeOnce(client, server, bytes, limits)
      return believed(await talk(signed, limits, send))
    },
    limits: (signal, deadline) => {
      const own = later(wireClock.now(), patience)
      return { signal, deadline: deadline !== undefined && deadline < own ? deadline : own }
    },
    pause: (duration, signal) => wireClock.sleep(duration, signal),
  }
}

function sign(
  message: DnsMessage,
  key: TsigKey | undefined,
  time: { readonly timeSigned: number; readonly fudge?: number },
): SignedMessage {
  if (key === undefined) return { bytes: encodeMessage(message), mac: new Uint8Array() }
  return signMessage(message, key, time)
}
