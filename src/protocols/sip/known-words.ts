/** Words that are looked for among bytes, without cutting out a text first; what is found is always the same text. */
export interface KnownWords<Meaning> {
  /** What the bytes from `from` to before `to` mean; undefined where they are none of the words, letter by letter. */
  find(bytes: Uint8Array, from: number, to: number): Meaning | undefined
}

interface Entry<Meaning> {
  readonly letters: Uint8Array
  readonly meaning: Meaning
  /** Another word of the same slot. */
  readonly next: Entry<Meaning> | undefined
}

/** Words are never empty. */
export function createKnownWords<Meaning>(
  words: Iterable<readonly [string, Meaning]>,
): KnownWords<Meaning> {
  const slots: (Entry<Meaning> | undefined)[] = new Array(256).fill(undefined)
  for (const [word, meaning] of words) {
    const letters = new TextEncoder().encode(word)
    const slot = slotOf(letters, 0, letters.length)
    slots[slot] = { letters, meaning, next: slots[slot] }
  }
  return {
    find(bytes, from, to) {
      let entry = slots[slotOf(bytes, from, to)]
      while (entry !== undefined) {
        const { letters } = entry
        if (letters.length === to - from && hasAt(bytes, from, letters)) return entry.meaning
        entry = entry.next
      }
      return undefined
    },
  }
}

/** Length, first and last letter tell nearly all names of SIP apart. */
function slotOf(bytes: Uint8Array, from: number, to: number): number {
  return ((to - from) * 13 + (bytes[from] ?? 0) * 5 + (bytes[to - 1] ?? 0) * 3) & 255
}

/** Whether these letters stand at `from`. */
export function hasAt(bytes: Uint8Array, from: number, letters: Uint8Array): boolean {
  for (let index = 0; index < letters.length; index += 1) {
    if (bytes[from + index] !== letters[index]) return false
  }
  return true
}
