/** One header field: name in its canonical spelling where the name is known, value unfolded and trimmed. */
export interface SipHeader {
  readonly name: string
  readonly value: string
}

/** Reads the value of a header: the same value gives the same result each time. */
export type ValueReader<Read> = (value: string) => Read

/**
 * A header that remembers what was last read from its value.
 *
 * Name and value never change, so what is remembered can't be out of date: another value is another header. It is no
 * property of the object, so a copy (`{ ...header, value }`) has nothing to remember.
 */
class WireHeader implements SipHeader {
  readonly name: string
  readonly value: string
  #reader: ValueReader<unknown> | undefined
  #read: unknown

  constructor(
    name: string,
    value: string,
    reader: ValueReader<unknown> | undefined,
    read: unknown,
  ) {
    this.name = name
    this.value = value
    this.#reader = reader
    this.#read = read
  }

  recall<Read>(reader: ValueReader<Read>): Read | undefined {
    // What this reader has read is of its type.
    return this.#reader === reader ? (this.#read as Read) : undefined
  }

  remember<Read>(reader: ValueReader<Read>, read: Read): void {
    this.#reader = reader
    this.#read = read
  }
}

/** A header whose value is read once; one that is written as `{ name, value }` is read each time. */
export function createHeader(name: string, value: string): SipHeader {
  return new WireHeader(name, value, undefined, undefined)
}

/** A header from whose value `reader` would read this, were it not known already. */
export function createReadHeader<Read>(
  name: string,
  value: string,
  reader: ValueReader<Read>,
  read: Read,
): SipHeader {
  return new WireHeader(name, value, reader, read)
}

/** What `reader` read from this header before; undefined where it has not, or another has since. */
export function remembered<Read>(header: SipHeader, reader: ValueReader<Read>): Read | undefined {
  return header instanceof WireHeader ? header.recall(reader) : undefined
}

/** `reader(header.value)`; a header that came over the wire is read once. */
export function readOnce<Read>(header: SipHeader, reader: ValueReader<Read>): Read {
  const known = remembered(header, reader)
  if (known !== undefined) return known
  const read = reader(header.value)
  if (header instanceof WireHeader) header.remember(reader, read)
  return read
}
