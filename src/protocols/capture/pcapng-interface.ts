/** What a packet needs to know of the interface it was captured on. */
export interface Interface {
  readonly linkType: number
  /** 0 for no limit. */
  readonly snapLength: number
  /** Ticks of a packet's time per second. */
  readonly resolution: bigint
  /** Seconds to be added to every time. */
  readonly offset: bigint
}

const options = { end: 0, resolution: 9, offset: 14 } as const

/** Reads an interface description block; undefined when it is too short to be one. */
export function readInterface(block: Uint8Array, littleEndian: boolean): Interface | undefined {
  if (block.length < 20) return undefined
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  const found = { resolution: 1_000_000n, offset: 0n }
  let at = 16
  // The length that ends the block is no option.
  const end = block.length - 4
  while (at + 4 <= end) {
    const code = view.getUint16(at, littleEndian)
    const length = view.getUint16(at + 2, littleEndian)
    if (code === options.end || at + 4 + length > end) break
    if (code === options.resolution && length >= 1) {
      found.resolution = ticksPerSecond(view.getUint8(at + 4))
    }
    if (code === options.offset && length >= 8) {
      found.offset = view.getBigInt64(at + 4, littleEndian)
    }
    at += 4 + length + ((4 - (length % 4)) % 4)
  }
  return {
    linkType: view.getUint16(8, littleEndian),
    snapLength: view.getUint32(12, littleEndian),
    ...found,
  }
}

/** A power of ten, or of two where the upper bit is set. */
function ticksPerSecond(exponent: number): bigint {
  return exponent < 128 ? 10n ** BigInt(exponent) : 2n ** BigInt(exponent - 128)
}

/** Nanoseconds since 1970. */
export function timeOf(ticks: bigint, { resolution, offset }: Interface): bigint {
  return (ticks * 1_000_000_000n) / resolution + offset * 1_000_000_000n
}
