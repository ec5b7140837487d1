/** The name that was most likely meant: fewest edits, at most a third of the word, and never more than three. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const limit = Math.min(3, Math.max(1, Math.floor(written.length / 3)))
  let best: { readonly name: string; readonly edits: number } | undefined
  for (const name of names) {
    const edits = editDistance(written.toLowerCase(), name.toLowerCase())
    if (edits <= limit && (best === undefined || edits < best.edits)) best = { name, edits }
  }
  return best?.name
}

/** `; did you mean "support"?`, or what there is to choose from when nothing is near. */
export function suggest(written: string, names: readonly string[]): string {
  const near = nearestName(written, names)
  if (near !== undefined) return `; did you mean "${near}"?`
  const shown = names.slice(0, 8).join(', ')
  const more = names.length > 8 ? ', …' : ''
  return names.length === 0 ? '' : ` (there is: ${shown}${more})`
}

/** Levenshtein's distance, with two neighbours that changed places counted once. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1
      const steps = [at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + cost]
      if (a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        steps.push(at(beforeLast, column - 2) + 1)
      current.push(Math.min(...steps))
    }
    beforeLast = last
    last = current
  }
  return at(last, b.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
