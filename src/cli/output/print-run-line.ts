import { layOut } from './lay-out.ts'
import { type Printer, paint } from './print.ts'
import type { RunLine } from './run-line.ts'

const colors = {
  '✔': 'green',
  '✖': 'red',
  '↩': 'yellow',
  '⏸': 'yellow',
  '▶': 'dim',
  '·': 'dim',
  '»': 'yellow',
  ' ': 'dim',
} as const

export function printRunLine(printer: Printer, line: RunLine): void {
  for (const row of runLineRows(printer, line)) printer.line(row)
}

/** A line as rows no wider than the terminal. */
export function runLineRows(
  printer: Pick<Printer, 'color' | 'width'>,
  { mark, text }: RunLine,
): readonly string[] {
  const [first, ...rest] = layOut(text, printer.width)
  return [`${paint(printer, colors[mark], ` ${mark}`)} ${first}`, ...rest]
}
