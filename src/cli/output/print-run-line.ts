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

export function printRunLine(printer: Printer, { mark, text }: RunLine): void {
  const [first, ...rest] = layOut(text, printer.width)
  printer.line(`${paint(printer, colors[mark], ` ${mark}`)} ${first}`)
  for (const row of rest) printer.line(row)
}
