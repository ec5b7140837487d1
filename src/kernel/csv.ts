export interface CsvField {
  readonly text: string
  /** From 1. */
  readonly column: number
}

/** The fields of one line, trimmed. They may be quoted (RFC 4180) but hold no line break. */
export function splitCsvLine(line: string): readonly CsvField[] {
  const fields: CsvField[] = []
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^,]*?))\s*(?:,|$)/gy
  while (pattern.lastIndex <= line.length) {
    const start = pattern.lastIndex
    const match = pattern.exec(line)
    if (match === null) {
      // A quote in the middle of a field: taken as it is, to the next comma.
      const end = line.indexOf(',', start) < 0 ? line.length : line.indexOf(',', start)
      fields.push({ text: line.slice(start, end).trim(), column: start + 1 })
      pattern.lastIndex = end + 1
      continue
    }
    const indent = /^\s*/.exec(line.slice(start))?.[0].length ?? 0
    fields.push({
      text: (match[1]?.replaceAll('""', '"') ?? match[2] ?? '').trim(),
      column: start + indent + 1,
    })
    if (!match[0].endsWith(',')) break
  }
  return fields
}
