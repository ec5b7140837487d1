import { styleText } from 'node:util'
import { ChangeoverError } from '../../kernel/errors.ts'

/** Where commands write: a stream for answers, one for what is said beside them. */
export interface Printer {
  line(text?: string): void
  problem(text: string): void
  readonly color: boolean
  /** Columns of the terminal; absent where there is none. */
  readonly width?: number
}

export function createPrinter(out: NodeJS.WriteStream, err: NodeJS.WriteStream): Printer {
  return {
    line: (text = '') => void out.write(`${text}\n`),
    problem: (text) => void err.write(`${text}\n`),
    color: out.isTTY === true,
    ...(out.columns === undefined ? {} : { width: out.columns }),
  }
}

type Style = 'green' | 'red' | 'yellow' | 'dim' | 'bold'

export function paint(printer: Printer, style: Style, text: string): string {
  return printer.color ? styleText(style, text) : text
}

/** An error as a person reads it: code, sentence, facts, where it is explained. */
export function describeError(thrown: unknown): string {
  if (!(thrown instanceof ChangeoverError)) {
    return `error internal.unexpected   ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`
  }
  const facts = Object.entries(thrown.details)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(
      ([name, value]) => `  ${name}  ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
  return [
    `error ${thrown.code}   ${thrown.message}`,
    ...facts,
    `  docs/errors.md#${thrown.code}`,
  ].join('\n')
}

/** Columns, two spaces apart, each as wide as its widest cell. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, column) => Math.max(most[column] ?? 0, cell.length)),
    [],
  )
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
