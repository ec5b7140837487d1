import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { dnsClass, dnsOpcode, rcodeName } from './codes.ts'
import { decodeMessage, dnsResponse } from './message.ts'
import {
  openMessage,
  refuseTsig,
  signMessage,
  type TsigAlgorithm,
  type TsigKey,
  tsigAlgorithms,
  tsigMac,
} from './tsig.ts'
import { updateMessage } from './update.ts'

interface MacVector {
  readonly id: string
  readonly algorithm: string
  readonly secret_base64: string
  readonly key_name: string
  readonly time_signed: number
  readonly fudge: number
  readonly error: number
  readonly request_mac_hex: string
  readonly other_data_hex: string
  readonly message_hex: string
  readonly mac_hex: string
}

interface UpdateCase {
  readonly id: string
  readonly algorithm: string
  readonly request_hex: string
  readonly response_hex: string
  readonly rcode: number
  readonly rcode_text: string
}

const vectors = new URL('../../../test/vectors/dns/', import.meta.url)
const load = (file: string) => JSON.parse(readFileSync(new URL(file, vectors), 'utf8'))
const macs: readonly MacVector[] = load('tsig-vectors.json').tsig
const bind: {
  readonly key: { readonly secret_base64: string }
  readonly cases: readonly UpdateCase[]
} = load('rfc2136-updates-bind.json')
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const secret = new Uint8Array(Buffer.from(bind.key.secret_base64, 'base64'))
const keyOf = (name: string, algorithm: TsigAlgorithm): TsigKey => ({ name, algorithm, secret })
const keys = [keyOf('upd', 'hmac-sha256'), keyOf('upd512', 'hmac-sha512')]

function algorithmOf(text: string): TsigAlgorithm {
  const found = tsigAlgorithms.find((algorithm) => `${algorithm}.` === text)
  if (found === undefined) throw new TypeError(text)
  return found
}

describe('TSIG', () => {
  it.each(macs)('signs as miekg/dns does: $id', (vector) => {
    const key = {
      name: vector.key_name,
      algorithm: algorithmOf(vector.algorithm),
      secret: new Uint8Array(Buffer.from(vector.secret_base64, 'base64')),
    }
    const { time_signed: timeSigned, fudge, error } = vector
    const variables = { timeSigned, fudge, error, other: bytesOf(vector.other_data_hex) }
    const requestMac = vector.request_mac_hex === '' ? undefined : bytesOf(vector.request_mac_hex)

    const mac = tsigMac(key, bytesOf(vector.message_hex), variables, requestMac)

    expect(Buffer.from(mac).toString('hex')).toBe(vector.mac_hex)
  })

  it.each(bind.cases)('proves what dnspython signed and BIND answered: $id', (given) => {
    const request = bytesOf(given.request_hex)
    const nowSeconds = timeOf(request)

    const opened = openMessage(request, keys, { nowSeconds })
    const requestMac = macOf(request)
    const answer = openMessage(bytesOf(given.response_hex), keys, { nowSeconds, requestMac })

    expect(opened.verdict.kind).toBe(requestVerdicts.get(given.id) ?? 'valid')
    expect(answer.verdict.kind).toBe(requestVerdicts.get(given.id) ?? 'valid')
    expect(rcodeName(answer.message.rcode)).toBe(given.rcode_text)
    expect(opened.message.opcode).toBe(dnsOpcode.UPDATE)
  })

  it('builds the UPDATE that dnspython builds: swap an SRV if the old one is there', () => {
    const given = bind.cases.find((one) => one.id === 'srv-swap-if-old')
    const name = '_sip._tcp.sitea.example.com'
    const srv = { kind: 'SRV', priority: 10, weight: 0, port: 5060 } as const
    const { message } = openMessage(bytesOf(given?.request_hex ?? ''), keys, { nowSeconds: 0 })

    const ours = updateMessage(message.id, {
      zone: 'example.com',
      conditions: [
        { kind: 'rrset-is', name, type: 33, data: [{ ...srv, target: 'legacy-gw.example.com' }] },
      ],
      changes: [
        { kind: 'delete-rrset', name, type: 33 },
        {
          kind: 'add',
          name,
          type: 33,
          ttl: 300,
          data: { ...srv, target: 'gateway-us-east-1.example.com' },
        },
      ],
    })

    expect(ours).toEqual(message)
  })

  it.each(tsigAlgorithms)('%s: an answer is proved only together with its request', (algorithm) => {
    const key = keyOf('changeover', algorithm)
    const request = signMessage(update(), key, { timeSigned: 1000 })
    const answer = signMessage(
      dnsResponse(update(), {}),
      { ...key, name: 'CHANGEOVER.' },
      { timeSigned: 1000 },
      request.mac,
    )
    const context = { nowSeconds: 1100, requestMac: request.mac }

    expect(openMessage(answer.bytes, [key], context).verdict.kind).toBe('valid')
    expect(openMessage(answer.bytes, [key], { nowSeconds: 1100 }).verdict.kind).toBe(
      'bad-signature',
    )
    expect(openMessage(answer.bytes, [key], { ...context, nowSeconds: 1301 }).verdict.kind).toBe(
      'bad-time',
    )
    expect(openMessage(answer.bytes, [], context).verdict.kind).toBe('bad-key')
  })

  it('finds a changed bit in any byte', () => {
    const key = keyOf('changeover', 'hmac-sha256')
    const { bytes } = signMessage(update(), key, { timeSigned: 1000 })
    const end = bytes.length - 2 - 2 - 2 - 32 - 2

    const unnoticed = []
    for (let at = 12; at < end; at += 1) {
      const changed = bytes.slice()
      changed[at] = (bytes[at] ?? 0) ^ 1
      if (verdictOf(changed, key) === 'valid') unnoticed.push(at)
    }

    expect(unnoticed).toEqual([])
  })

  it('refuses a TSIG that is not the last record', () => {
    const key = keyOf('changeover', 'hmac-sha256')
    const signed = decodeMessage(signMessage(update(), key, { timeSigned: 1000 }).bytes)
    const [tsig] = signed.additional
    if (tsig === undefined) throw new TypeError('no TSIG')
    const after = {
      name: 'x',
      type: 1,
      class: dnsClass.ANY,
      ttl: 0,
      data: { kind: 'empty' },
    } as const
    const moved = signMessage({ ...signed, additional: [tsig, after] }, key, { timeSigned: 1000 })

    expect(() => openMessage(moved.bytes, [key], { nowSeconds: 1000 })).toThrow('must be the last')
  })

  it('refuses a key by an unsigned answer', () => {
    const key = keyOf('changeover', 'hmac-sha256')
    const { bytes } = signMessage(update(), key, { timeSigned: 1000 })
    const { verdict } = openMessage(bytes, [], { nowSeconds: 1000 })
    if (verdict.kind !== 'bad-key') throw new TypeError(verdict.kind)

    const refusal = refuseTsig(dnsResponse(update(), { rcode: 9 }), verdict.tsig, 17)

    expect(openMessage(refusal, [key], { nowSeconds: 1000 }).verdict.kind).toBe('bad-key')
  })
})

const requestVerdicts = new Map([
  ['unknown-key', 'bad-key'],
  ['tampered-body', 'bad-signature'],
])

function update() {
  return updateMessage(77, {
    zone: 'example.com',
    conditions: [{ kind: 'rrset-absent', name: 'a.example.com', type: 1 }],
    changes: [],
  })
}

function verdictOf(bytes: Uint8Array, key: TsigKey): string {
  try {
    return openMessage(bytes, [key], { nowSeconds: 1000 }).verdict.kind
  } catch {
    return 'malformed'
  }
}

function tsigOf(bytes: Uint8Array) {
  const data = decodeMessage(bytes).additional.at(-1)?.data
  if (data?.kind !== 'TSIG') throw new TypeError('no TSIG')
  return data
}

const timeOf = (bytes: Uint8Array) => tsigOf(bytes).timeSigned
const macOf = (bytes: Uint8Array) => tsigOf(bytes).mac
