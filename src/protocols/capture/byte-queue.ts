/** Bytes as they come from a file, in pieces, to be taken in whole records: no more is kept than one record. */
export interface ByteQueue {
  push(chunk: Uint8Array): void
  /** How many bytes wait. */
  readonly length: number
  /** Where in the file the first of them is. */
  readonly offset: number
  /** The first `count` bytes, left where they are; undefined while they are not all there. */
  peek(count: number): Uint8Array | undefined
  drop(count: number): void
}

export function createByteQueue(): ByteQueue {
  let chunks: Uint8Array[] = []
  let length = 0
  let offset = 0
  const join = () => {
    const whole = new Uint8Array(length)
    let at = 0
    for (const chunk of chunks) {
      whole.set(chunk, at)
      at += chunk.length
    }
    chunks = [whole]
  }
  return {
    push(chunk) {
      if (chunk.length === 0) return
      chunks.push(chunk)
      length += chunk.length
    },
    get length() {
      return length
    },
    get offset() {
      return offset
    },
    peek(count) {
      if (length < count) return undefined
      // Joined only once a record is whole: a long one over many pieces is copied once.
      if ((chunks[0]?.length ?? 0) < count) join()
      return (chunks[0] ?? new Uint8Array()).subarray(0, count)
    },
    drop(count) {
      if ((chunks[0]?.length ?? 0) < count) join()
      const rest = (chunks[0] ?? new Uint8Array()).subarray(count)
      if (rest.length === 0) chunks.shift()
      else chunks[0] = rest
      length -= count
      offset += count
    },
  }
}
