const carriageReturn = 13
const lineFeed = 10

/** Empty lines before a message are keep-alives or slips (RFC 3261 §7.5): where it begins. */
export function skipEmptyLines(bytes: Uint8Array): number {
  let index = 0
  while (bytes[index] === carriageReturn && bytes[index + 1] === lineFeed) index += 2
  return index
}

/**
 * Where the empty line begins that ends the headers; undefined when it isn't there.
 *
 * Looks at the last of the four bytes CR LF CR LF first: most are neither, and then no end begins at any of the four.
 */
export function endOfHead(bytes: Uint8Array, start: number): number | undefined {
  let index = start
  while (index + 3 < bytes.length) {
    const last = bytes[index + 3]
    if (last === lineFeed) {
      if (beginsEmptyLine(bytes, index)) return index
      // It may still be the first LF of the four.
      index += 2
    } else {
      // A CR may be the first or the third of the four.
      index += last === carriageReturn ? 1 : 4
    }
  }
  return undefined
}

function beginsEmptyLine(bytes: Uint8Array, index: number): boolean {
  return (
    bytes[index] === carriageReturn &&
    bytes[index + 1] === lineFeed &&
    bytes[index + 2] === carriageReturn &&
    bytes[index + 3] === lineFeed
  )
}
