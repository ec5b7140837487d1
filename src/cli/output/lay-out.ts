import type { RunLine } from './run-lines.ts'

/** Rows that one line of a run may take; the journal has all of it. */
const mostRows = 3
/** Where text goes on that does not fit: below the text, beside the step's name. */
const deepestIndent = 31
/** Mark and a space on each side. */
const markWidth = 3

/** A line of a run as rows no wider than the terminal, without the mark before the first. */
export function layOut({ text, tail = '' }: RunLine, width: number): readonly string[] {
  const indent = Math.min(deepestIndent, Math.floor(width / 4))
  const paragraphs = text.split('\n').map((one, index) => {
    const rows = wrap(one, { first: width - (index === 0 ? markWidth : 0), rest: width - indent })
    return shorten(rows, width - indent).map((row, at) => (at === 0 ? row : indented(row, indent)))
  })
  const rows = paragraphs.flat()
  const last = rows.at(-1) ?? ''
  if (tail === '') return rows
  const used = last.length + (rows.length === 1 ? markWidth : 0)
  if (used + 2 + tail.length <= width) return [...rows.slice(0, -1), `${last}  ${tail}`]
  return [...rows, indented(tail, Math.min(indent, Math.max(0, width - tail.length)))]
}

const indented = (row: string, by: number) => `${' '.repeat(by)}${row}`

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

function shorten(rows: readonly string[], room: number): readonly string[] {
  if (rows.length <= mostRows) return rows
  const last = rows[mostRows - 1] ?? ''
  return [...rows.slice(0, mostRows - 1), `${last.slice(0, room - 2).trimEnd()} …`]
}
