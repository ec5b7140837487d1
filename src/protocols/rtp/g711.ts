/** The two laws of ITU-T G.711: one byte a sample, 8000 a second. */
export type G711Law = 'PCMU' | 'PCMA'

export const samplesPerSecond = 8000

const muBias = 0x84
const muMost = 32_635
/** Every other bit is turned over, so that silence is no run of zeros. */
const aToggle = 0x55

/** Both tables are the recommendation's own: 14 bits (µ) and 13 bits (A), here in 16. */
const decodeTables = {
  PCMU: Int16Array.from({ length: 256 }, (_, code) => decodeMu(code)),
  PCMA: Int16Array.from({ length: 256 }, (_, code) => decodeA(code)),
} as const

/** Samples of 16 bits as one byte each. */
export function encodeG711(law: G711Law, samples: Int16Array): Uint8Array {
  const encode = law === 'PCMU' ? encodeMu : encodeA
  return Uint8Array.from(samples, encode)
}

/** Bytes as samples of 16 bits. */
export function decodeG711(law: G711Law, bytes: Uint8Array): Int16Array {
  const table = decodeTables[law]
  return Int16Array.from(bytes, (code) => table[code] ?? 0)
}

function encodeMu(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0
  const magnitude = Math.min(Math.abs(sample), muMost) + muBias
  const exponent = 24 - Math.clz32(magnitude >> 0)
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f
  return ~(sign | (exponent << 4) | mantissa) & 0xff
}

function decodeMu(code: number): number {
  const bits = ~code & 0xff
  const magnitude = (((bits & 0x0f) << 3) + muBias) << ((bits >> 4) & 0x07)
  return bits & 0x80 ? muBias - magnitude : magnitude - muBias
}

function encodeA(sample: number): number {
  // The negative side is one's complement of 13 bits: -1 is the first step below zero.
  const magnitude = sample < 0 ? ~sample >> 4 : sample >> 4
  const exponent = Math.max(0, 28 - Math.clz32(magnitude))
  const mantissa = exponent < 1 ? magnitude & 0x0f : (magnitude >> (exponent - 1)) & 0x0f
  return ((sample < 0 ? 0 : 0x80) | (exponent << 4) | mantissa) ^ aToggle
}

function decodeA(code: number): number {
  const bits = code ^ aToggle
  const exponent = (bits >> 4) & 0x07
  const mantissa = bits & 0x0f
  const magnitude =
    exponent === 0 ? (mantissa << 4) + 8 : ((mantissa << 4) + 0x108) << (exponent - 1)
  return bits & 0x80 ? magnitude : -magnitude
}
