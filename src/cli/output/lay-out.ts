/** Rows of a line's beginning and of its end that are shown of one that is too long; the journal has all of it. */
const rowsAtStart = 2
const rowsAtEnd = 2
/** Where text goes on that does not fit: below the text, beside the step's name. */
const deepestIndent = 31
/** Mark and a space on each side. */
const markWidth = 3

/**
 * A line of a run as rows no wider than the terminal, without the mark before the first. A long one loses
 * its middle: what a step is comes first, when it was and how far it is to safety comes last.
 */
export function layOut(text: string, width: number): readonly string[] {
  const indent = Math.min(deepestIndent, Math.floor(width / 4))
  const [first = '', ...others] = text.split('\n')
  const room = { first: width - markWidth, rest: width - indent }
  const below = (row: string) => `${' '.repeat(indent)}${row}`
  return [
    ...shorten(first, room).map((row, index) => (index === 0 ? row : below(row))),
    ...others.flatMap((one) =>
      shorten(one, { first: width, rest: width - indent }).map((row, index) =>
        index === 0 ? row : below(row),
      ),
    ),
  ]
}

interface Room {
  readonly first: number
  readonly rest: number
}

/** Broken between words; within one only where it is wider than a row. Runs of spaces stay: they are columns. */
function wrap(text: string, { first, rest }: Room): readonly string[] {
  const rows: string[] = []
  let left = text
  for (let room = first; left.length > room; room = rest) {
    const space = left.lastIndexOf(' ', room)
    const cut = space <= 0 ? room : space
    rows.push(left.slice(0, cut).trimEnd())
    left = left.slice(cut).trimStart()
  }
  return [...rows, left]
}

function shorten(text: string, room: Room): readonly string[] {
  const rows = wrap(text, room)
  if (rows.length <= rowsAtStart + rowsAtEnd) return rows
  const end = text.slice(-(rowsAtEnd * room.rest - '… '.length))
  const fromWord = end.slice(end.indexOf(' ') + 1)
  return [
    ...rows.slice(0, rowsAtStart),
    ...wrap(`… ${fromWord}`, { first: room.rest, rest: room.rest }),
  ]
}
