import { DnsRefusedError, DnsUnreachableError } from '../../../features/dns-control/index.ts'
import { dnsRcode, rcodeName, tsigError } from '../../../protocols/dns/codes.ts'
import type { OpenedMessage, TsigKey, TsigRecord } from '../../../protocols/dns/tsig.ts'

/** Who was asked about what, for the sentence that an operator reads. */
export interface Asked {
  /** `192.0.2.1:53` */
  readonly server: string
  readonly zone: string
  readonly key?: TsigKey
  readonly nowSeconds: () => number
}

/**
 * Why an answer must not be believed or followed; undefined when it may be.
 *
 * Errors about the key come first: they can't be signed, and say most (RFC 8945 §5.3).
 */
export function refusalOf(
  opened: OpenedMessage,
  asked: Asked,
): DnsRefusedError | DnsUnreachableError | undefined {
  return keyRefusal(opened, asked) ?? unproved(opened, asked) ?? rcodeRefusal(opened, asked)
}

function keyRefusal({ verdict, message }: OpenedMessage, asked: Asked) {
  if (verdict.kind === 'unsigned' || verdict.kind === 'valid') return undefined
  const { error } = verdict.tsig.data
  if (error === tsigError.BADTIME && asked.key !== undefined)
    return timeRefusal(verdict.tsig, asked)
  const because = keyProblems.get(error)
  if (because === undefined || asked.key === undefined) return undefined
  const { name, algorithm } = asked.key
  const details = { ...facts(asked, message.rcode), key: name, algorithm, tsig: rcodeName(error) }
  return new DnsRefusedError(`${asked.server} refuses the key ${name}: ${because}`, { details })
}

/** Seconds; above it clocks are set wrong, below it the message itself was held up on its way. */
const clocksApart = 2

/** A server that refuses the time says what its own clock shows (RFC 8945 §5.2.3). */
function timeRefusal({ data }: TsigRecord, asked: Asked) {
  const { server, zone, nowSeconds } = asked
  const theirs = data.other.length === 6 ? Buffer.from(data.other).readUIntBE(0, 6) : undefined
  const apart = theirs === undefined ? undefined : Math.abs(theirs - nowSeconds())
  const details = { server, zone, tsig: 'BADTIME', ...(apart === undefined ? {} : { apart }) }
  if (apart !== undefined && apart <= clocksApart)
    return new DnsUnreachableError(
      `${server} got our message too late to believe it; nothing was changed`,
      { details },
    )
  const by = apart === undefined ? '' : ` by ${apart} s`
  return new DnsRefusedError(
    `${server} refuses our time: its clock and ours differ${by}; set both by NTP, then try again`,
    { details },
  )
}

const keyProblems = new Map<number, string>([
  [
    tsigError.BADKEY,
    'it does not know a key of this name and algorithm; compare both with its configuration',
  ],
  [tsigError.BADSIG, 'the secret is not the one it has; compare the secrets'],
  [tsigError.BADTRUNC, 'it wants a longer signature; take another algorithm'],
])

function unproved({ verdict, message }: OpenedMessage, asked: Asked) {
  if (asked.key === undefined || verdict.kind === 'valid') return undefined
  // servers leave REFUSED and the like unsigned where they didn't look at the key: following them does no harm
  const isRefusal = rcodeProblems.has(message.rcode) || message.rcode === dnsRcode.SERVFAIL
  if (verdict.kind === 'unsigned' && isRefusal) return undefined
  return new DnsUnreachableError(
    `${asked.server} answered without proof (${verdict.kind}), so nothing is known of ${asked.zone}`,
    { details: { ...facts(asked, message.rcode), verdict: verdict.kind } },
  )
}

function rcodeRefusal({ message }: OpenedMessage, asked: Asked) {
  const { rcode } = message
  const details = facts(asked, rcode)
  const because = rcodeProblems.get(rcode)
  if (because !== undefined) {
    const sentence = `${asked.server} answers ${rcodeName(rcode)} for zone ${asked.zone}: ${because}`
    return new DnsRefusedError(sentence, { details })
  }
  if (rcode === dnsRcode.SERVFAIL) {
    const sentence = `${asked.server} answers SERVFAIL for zone ${asked.zone}; its log says why`
    return new DnsUnreachableError(sentence, { details })
  }
  return undefined
}

const rcodeProblems = new Map<number, string>([
  [
    dnsRcode.REFUSED,
    'not allowed; add the key and this name to allow-update or update-policy, or our address to its access list',
  ],
  [
    dnsRcode.NOTAUTH,
    'it is not the primary of this zone; compare the server in the plan with the SOA',
  ],
  [dnsRcode.NOTZONE, 'the name lies outside the zone; compare the zone in the plan'],
  [dnsRcode.NOTIMP, 'it takes no dynamic updates; turn them on, or use another provider'],
  [dnsRcode.FORMERR, 'it does not understand the request; is something between us and the server?'],
])

function facts({ server, zone }: Asked, rcode: number) {
  return { server, zone, rcode: rcodeName(rcode) }
}
