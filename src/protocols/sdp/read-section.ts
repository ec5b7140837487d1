import type { SdpAttribute, SdpBandwidth, SdpConnection } from './description.ts'
import type { Reading, SdpLine } from './read-lines.ts'
import { readAttribute, readBandwidth, readConnection } from './read-values.ts'

/** One section while it is read: the session, or a stream. */
export interface Section {
  /** Letters in their order; those in one group have no order among themselves. */
  readonly order: readonly string[]
  readonly seen: Set<string>
  rank: number
  readonly single: Map<string, string>
  readonly connections: SdpConnection[]
  readonly bandwidths: SdpBandwidth[]
  readonly attributes: SdpAttribute[]
}

export function createSection(order: readonly string[]): Section {
  return {
    order,
    seen: new Set(),
    rank: 0,
    single: new Map(),
    connections: [],
    bandwidths: [],
    attributes: [],
  }
}

/** Lines that a session and a stream have alike. */
export function readShared(section: Section, line: SdpLine, reading: Reading): void {
  switch (line.letter) {
    case 'i':
    case 'k':
      keepOne(section, line, reading)
      break
    case 'c':
      section.connections.push(readConnection(line, reading))
      break
    case 'b':
      push(section.bandwidths, readBandwidth(line, reading))
      break
    case 'a':
      push(section.attributes, readAttribute(line, reading))
      break
    default:
  }
}

function push<Value>(list: Value[], value: Value | undefined): void {
  if (value !== undefined) list.push(value)
}

export function keepOne(
  { single }: Section,
  { letter, value, number }: SdpLine,
  reading: Reading,
): void {
  if (single.has(letter)) reading.deviates({ line: number, column: 1 }, `${letter}= is there twice`)
  else single.set(letter, value)
}
