import { createHmac, timingSafeEqual } from 'node:crypto'
import { createWriter } from './bytes.ts'
import { dnsClass, dnsType, tsigError } from './codes.ts'
import type { TsigData } from './data.ts'
import { DnsFormatError } from './errors.ts'
import {
  additionalCountOffset,
  type DnsMessage,
  decodeLocated,
  encodeMessage,
  headerLength,
} from './message.ts'
import { normalName, sameName } from './name.ts'

/** By RFC 8945 §6; MD5 and SHA-1 are for servers that know nothing newer. */
export const tsigAlgorithms = [
  'hmac-md5',
  'hmac-sha1',
  'hmac-sha224',
  'hmac-sha256',
  'hmac-sha384',
  'hmac-sha512',
] as const
export type TsigAlgorithm = (typeof tsigAlgorithms)[number]

/** A secret shared with a server, and the name by which both know it. */
export interface TsigKey {
  readonly name: string
  readonly algorithm: TsigAlgorithm
  readonly secret: Uint8Array
}

/** RFC 8945 §10: how many seconds the clocks of both sides may differ. */
export const defaultFudge = 300

/** The one algorithm whose name on the wire is not the common one (RFC 8945 §6). */
const md5WireName = 'hmac-md5.sig-alg.reg.int'

function wireName(algorithm: TsigAlgorithm): string {
  return algorithm === 'hmac-md5' ? md5WireName : algorithm
}

/** What is signed besides the message. */
export interface TsigVariables {
  /** Seconds since 1970. */
  readonly timeSigned: number
  readonly fudge: number
  readonly error: number
  readonly other: Uint8Array
}

/** RFC 8945 §4.3: the MAC over (the request's MAC,) the message without TSIG, and the TSIG variables. */
export function tsigMac(
  key: TsigKey,
  message: Uint8Array,
  variables: TsigVariables,
  requestMac?: Uint8Array,
): Uint8Array {
  const signed = createWriter()
  if (requestMac !== undefined) signed.sized(() => signed.bytes(requestMac))
  signed.bytes(message)
  signed.name(normalName(key.name), false)
  signed.u16(dnsClass.ANY)
  signed.u32(0)
  signed.name(wireName(key.algorithm), false)
  signed.u16(Math.floor(variables.timeSigned / 2 ** 32))
  signed.u32(variables.timeSigned % 2 ** 32)
  signed.u16(variables.fudge)
  signed.u16(variables.error)
  signed.sized(() => signed.bytes(variables.other))
  return createHmac(key.algorithm.slice('hmac-'.length), key.secret)
    .update(signed.result())
    .digest()
}

export interface SignedMessage {
  readonly bytes: Uint8Array
  /** The answer to a signed request is signed over this, too. */
  readonly mac: Uint8Array
}

/** Signs a request; with `requestMac`, the answer to that request. */
export function signMessage(
  message: DnsMessage,
  key: TsigKey,
  variables: Partial<TsigVariables> & Pick<TsigVariables, 'timeSigned'>,
  requestMac?: Uint8Array,
): SignedMessage {
  const all = { fudge: defaultFudge, error: 0, other: new Uint8Array(), ...variables }
  const mac = tsigMac(key, encodeMessage(message), all, requestMac)
  const data = tsigData(message, wireName(key.algorithm), { ...all, mac })
  return { bytes: withTsig(message, key.name, data), mac }
}

/** An answer that says what was wrong with the request's TSIG; unsigned, as RFC 8945 §5.3.2 wants it. */
export function refuseTsig(message: DnsMessage, request: TsigRecord, error: number): Uint8Array {
  const { timeSigned, fudge, algorithm } = request.data
  const rest = { timeSigned, fudge, error, other: new Uint8Array(), mac: new Uint8Array() }
  return withTsig(message, request.name, tsigData(message, algorithm, rest))
}

function tsigData(
  message: DnsMessage,
  algorithm: string,
  rest: TsigVariables & { readonly mac: Uint8Array },
): TsigData {
  return { kind: 'TSIG', algorithm, originalId: message.id, ...rest }
}

function withTsig(message: DnsMessage, keyName: string, data: TsigData): Uint8Array {
  const record = { name: keyName, type: dnsType.TSIG, class: dnsClass.ANY, ttl: 0, data }
  return encodeMessage({ ...message, additional: [...message.additional, record] })
}

export interface TsigRecord {
  readonly name: string
  readonly data: TsigData
}

/** What the TSIG of a message proved. Anything but `valid` leaves its content unproved. */
export type TsigVerdict =
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'bad-key'; readonly tsig: TsigRecord }
  | { readonly kind: 'bad-signature'; readonly tsig: TsigRecord }
  /** The signature fits, the clocks don't. */
  | {
      readonly kind: 'bad-time'
      readonly tsig: TsigRecord
      readonly key: TsigKey
      readonly mac: Uint8Array
    }
  | {
      readonly kind: 'valid'
      readonly tsig: TsigRecord
      readonly key: TsigKey
      readonly mac: Uint8Array
    }

export interface OpenedMessage {
  /** Without its TSIG. */
  readonly message: DnsMessage
  readonly verdict: TsigVerdict
}

/**
 * Decodes a message and judges its TSIG in the order of RFC 8945 §5.2: key, MAC, time.
 *
 * @param context.nowSeconds seconds since 1970
 * @param context.requestMac MAC of the request, when the message answers a signed one
 * @throws {DnsFormatError} also when a TSIG stands anywhere but at the end (§5.2)
 */
export function openMessage(
  bytes: Uint8Array,
  keys: readonly TsigKey[],
  context: { readonly nowSeconds: number; readonly requestMac?: Uint8Array },
): OpenedMessage {
  const { message, lastRecordStart } = decodeLocated(bytes)
  const tsig = lastTsig(message)
  if (tsig === undefined) return { message, verdict: { kind: 'unsigned' } }
  const unsigned = { ...message, additional: message.additional.slice(0, -1) }
  const signed = withoutTsig(bytes, lastRecordStart, tsig.data.originalId)
  return { message: unsigned, verdict: judge(tsig, signed, keys, context) }
}

function lastTsig(message: DnsMessage): TsigRecord | undefined {
  const records = [...message.answers, ...message.authority, ...message.additional]
  const index = records.findIndex((record) => record.type === dnsType.TSIG)
  if (index < 0) return undefined
  const record = message.additional.at(-1)
  if (index !== records.length - 1 || record?.data.kind !== 'TSIG') {
    throw new DnsFormatError('a TSIG record must be the last of the message')
  }
  // both are signed as constants, so a change of them would go unnoticed (§4.2)
  if (record.class !== dnsClass.ANY || record.ttl !== 0) {
    throw new DnsFormatError('a TSIG record has class ANY and TTL 0')
  }
  return { name: record.name, data: record.data }
}

/** The bytes as they were when they were signed (RFC 8945 §5.2: count one less, original id). */
function withoutTsig(bytes: Uint8Array, start: number, originalId: number): Uint8Array {
  const signed = Buffer.from(bytes.subarray(0, Math.max(start, headerLength)))
  signed.writeUInt16BE(originalId, 0)
  signed.writeUInt16BE(signed.readUInt16BE(additionalCountOffset) - 1, additionalCountOffset)
  return signed
}

function judge(
  tsig: TsigRecord,
  signed: Uint8Array,
  keys: readonly TsigKey[],
  context: { readonly nowSeconds: number; readonly requestMac?: Uint8Array },
): TsigVerdict {
  const { data } = tsig
  // RFC 8945 §5.3.2: such an answer can't be signed, so there is nothing to check
  if (data.error === tsigError.BADKEY) return { kind: 'bad-key', tsig }
  if (data.error === tsigError.BADSIG) return { kind: 'bad-signature', tsig }
  const key = keys.find((candidate) => isKeyOf(candidate, tsig))
  if (key === undefined) return { kind: 'bad-key', tsig }
  const mac = tsigMac(key, signed, data, context.requestMac)
  // full length only: nobody we talk to truncates, and a short MAC is the weaker one (§5.2.2.1)
  const fits = mac.length === data.mac.length && timingSafeEqual(mac, data.mac)
  if (!fits) return { kind: 'bad-signature', tsig }
  const apart = Math.abs(context.nowSeconds - data.timeSigned)
  const late = data.error === tsigError.BADTIME || apart > data.fudge
  return { kind: late ? 'bad-time' : 'valid', tsig, key, mac }
}

function isKeyOf(key: TsigKey, { name, data }: TsigRecord): boolean {
  return sameName(key.name, name) && sameName(wireName(key.algorithm), data.algorithm)
}

/** Other data of a BADTIME answer: the server's clock, in seconds since 1970 (RFC 8945 §5.2.3). */
export function badTimeData(nowSeconds: number): Uint8Array {
  const data = Buffer.alloc(6)
  data.writeUIntBE(nowSeconds, 0, 6)
  return data
}
