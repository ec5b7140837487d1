import {
  attributeValue,
  attributeValues,
  type SdpMedia,
  type SessionDescription,
} from './description.ts'

/** What a transport profile promises. */
export interface Profile {
  /** `unknown` is none of RTP's: T.38 over UDPTL, MSRP, a misspelling. */
  readonly kind: 'rtp' | 'srtp' | 'dtls-srtp' | 'unknown'
  /** AVPF or SAVPF: feedback of RFC 4585. */
  readonly feedback: boolean
}

const profiles: Readonly<Record<string, Profile>> = {
  'RTP/AVP': { kind: 'rtp', feedback: false },
  'RTP/AVPF': { kind: 'rtp', feedback: true },
  'RTP/SAVP': { kind: 'srtp', feedback: false },
  'RTP/SAVPF': { kind: 'srtp', feedback: true },
  'UDP/TLS/RTP/SAVP': { kind: 'dtls-srtp', feedback: false },
  'UDP/TLS/RTP/SAVPF': { kind: 'dtls-srtp', feedback: true },
  'TCP/DTLS/RTP/SAVP': { kind: 'dtls-srtp', feedback: false },
  'TCP/DTLS/RTP/SAVPF': { kind: 'dtls-srtp', feedback: true },
}

export function profileOf({ protocol }: SdpMedia): Profile {
  return profiles[protocol.toUpperCase()] ?? { kind: 'unknown', feedback: false }
}

/** Bytes of master key and salt of each suite (RFC 4568 §6.2, RFC 6188, RFC 7714). */
const keyLengths = {
  AES_CM_128_HMAC_SHA1_80: 30,
  AES_CM_128_HMAC_SHA1_32: 30,
  F8_128_HMAC_SHA1_80: 30,
  AES_192_CM_HMAC_SHA1_80: 38,
  AES_192_CM_HMAC_SHA1_32: 38,
  AES_256_CM_HMAC_SHA1_80: 46,
  AES_256_CM_HMAC_SHA1_32: 46,
  AEAD_AES_128_GCM: 28,
  AEAD_AES_256_GCM: 44,
} as const
export type CryptoSuite = keyof typeof keyLengths

const suites = Object.keys(keyLengths).filter((name): name is CryptoSuite => name in keyLengths)

export const keyLengthOf = (suite: CryptoSuite): number => keyLengths[suite]

/** One inline key; what it is made of never leaves here but for SRTP itself. */
export interface CryptoKey {
  readonly material: Uint8Array
  /** Packets, a number or a power of two as written. */
  readonly lifetime?: string
  readonly mki?: { readonly value: string; readonly bytes: number }
}

/** `a=crypto` (SDES, RFC 4568). */
export type CryptoAttribute =
  | {
      readonly kind: 'usable'
      readonly tag: number
      readonly suite: CryptoSuite
      readonly keys: readonly CryptoKey[]
      /** `UNENCRYPTED_SRTP`, `KDR=…`: as written. */
      readonly sessionParameters: readonly string[]
    }
  /** A suite that nobody here knows: passed over, as §6.1 has it. */
  | { readonly kind: 'unknown-suite'; readonly tag: number; readonly suite: string }
  /** Why it can't be used. Never the key. */
  | { readonly kind: 'malformed'; readonly problem: string }

const malformed = (problem: string): CryptoAttribute => ({ kind: 'malformed', problem })

export function parseCrypto(value: string): CryptoAttribute {
  const [tag = '', name = '', keyText, ...sessionParameters] = value.trim().split(/\s+/)
  if (!/^\d{1,9}$/.test(tag)) return malformed('its tag is no number')
  if (!/^\w+$/.test(name)) return malformed('it names no crypto suite')
  if (keyText === undefined) return malformed('it has no key')
  const suite = suites.find((known) => known === name.toUpperCase())
  if (suite === undefined) return { kind: 'unknown-suite', tag: Number(tag), suite: name }
  const keys: CryptoKey[] = []
  for (const one of keyText.split(';')) {
    const key = parseKey(one, suite)
    if (typeof key === 'string') return malformed(key)
    keys.push(key)
  }
  if (keys.length > 1 && keys.some(({ mki }) => mki === undefined)) {
    return malformed('it has several keys, and no MKI to tell them apart (RFC 4568 §6.1)')
  }
  return { kind: 'usable', tag: Number(tag), suite, keys, sessionParameters }
}

/** `inline:<key||salt>[|lifetime][|MKI:length]` (RFC 4568 §9.2); a text says what is wrong. */
function parseKey(text: string, suite: CryptoSuite): CryptoKey | string {
  const match = /^inline:([^|]*)(.*)$/is.exec(text)
  if (match === null) return 'its key is not inline'
  const material = decodeKey(match[1] ?? '')
  if (material === undefined) return 'its key is not base64'
  const bytes = keyLengths[suite]
  if (material.length !== bytes) {
    return `its key has ${material.length} bytes, ${suite} takes ${bytes}`
  }
  return parseKeyLimits((match[2] ?? '').split('|').slice(1), material)
}

function parseKeyLimits(parts: readonly string[], material: Uint8Array): CryptoKey | string {
  const [first = '', second] = parts
  const lifetime = /^(?:2\^\d{1,2}|\d{1,15})$/.test(first) ? first : undefined
  const mkiText = lifetime === undefined ? parts[0] : second
  const known = (lifetime === undefined ? 0 : 1) + (mkiText === undefined ? 0 : 1)
  if (parts.length > known) return 'its key has more than a lifetime and an MKI'
  // SRTP's packet index has 48 bits (RFC 3711 §9.2).
  if (lifetime !== undefined && !lifetimeFits(lifetime)) return 'its lifetime is above 2^48'
  const withLifetime = lifetime === undefined ? { material } : { material, lifetime }
  if (mkiText === undefined) return withLifetime
  const mki = /^(\d{1,39}):(\d{1,3})$/.exec(mkiText)
  const bytes = Number(mki?.[2])
  if (mki?.[1] === undefined || bytes < 1 || bytes > 128) {
    return 'its lifetime or MKI cannot be read (RFC 4568 §9.2)'
  }
  return { ...withLifetime, mki: { value: mki[1], bytes } }
}

function lifetimeFits(lifetime: string): boolean {
  const packets = lifetime.startsWith('2^') ? 2 ** Number(lifetime.slice(2)) : Number(lifetime)
  return packets >= 1 && packets <= 2 ** 48
}

function decodeKey(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.replaceAll('=', '').length % 4 === 1) {
    return undefined
  }
  return Uint8Array.from(atob(text), (mark) => mark.charCodeAt(0))
}

/** Bytes of each hash that a certificate's fingerprint may be of (RFC 8122 §5). */
const hashLengths: Readonly<Record<string, number>> = {
  'sha-1': 20,
  'sha-224': 28,
  'sha-256': 32,
  'sha-384': 48,
  'sha-512': 64,
  md5: 16,
  md2: 16,
}

export interface Fingerprint {
  readonly hash: string
  /** Pairs in capitals with colons between them, as written. */
  readonly digest: string
}

/** `a=fingerprint`; undefined when it can't be one. */
export function parseFingerprint(value: string): Fingerprint | undefined {
  const [name = '', text = '', ...more] = value.trim().split(/\s+/)
  const hash = name.toLowerCase()
  const digest = text.toUpperCase()
  const pairs = digest.split(':')
  if (more.length > 0 || pairs.length !== hashLengths[hash]) return undefined
  return pairs.every((pair) => /^[0-9A-F]{2}$/.test(pair)) ? { hash, digest } : undefined
}

/** Who opens the DTLS connection (RFC 5763 §5, RFC 4145 §4). */
export const setups = ['active', 'passive', 'actpass', 'holdconn'] as const
export type Setup = (typeof setups)[number]

/** What may be answered to each. */
export const setupAnswers = {
  active: ['passive', 'holdconn'],
  passive: ['active', 'holdconn'],
  actpass: ['active', 'passive', 'holdconn'],
  holdconn: ['holdconn'],
} as const satisfies Record<Setup, readonly Setup[]>

/** How a stream is to be encrypted, whatever its profile says. */
export interface StreamSecurity {
  readonly profile: Profile
  readonly cryptos: readonly CryptoAttribute[]
  /** Undefined stands for one that can't be read. */
  readonly fingerprints: readonly (Fingerprint | undefined)[]
  readonly setup: Setup | undefined
}

export function securityOf(description: SessionDescription, media: SdpMedia): StreamSecurity {
  const own = attributeValues(media, 'fingerprint')
  const prints = own.length > 0 ? own : attributeValues(description, 'fingerprint')
  const setup = attributeValue(media, 'setup') ?? attributeValue(description, 'setup')
  return {
    profile: profileOf(media),
    cryptos: attributeValues(media, 'crypto').map(parseCrypto),
    fingerprints: prints.map(parseFingerprint),
    setup: setups.find((known) => known === setup?.trim().toLowerCase()),
  }
}
