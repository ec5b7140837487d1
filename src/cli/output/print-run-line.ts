import { type Printer, paint } from './print.ts'
import type { RunLine } from './run-lines.ts'

const colors = {
  '✔': 'green',
  '✖': 'red',
  '↩': 'yellow',
  '⏸': 'yellow',
  '▶': 'dim',
  '·': 'dim',
} as const

export function printRunLine(printer: Printer, { mark, text }: RunLine): void {
  printer.line(`${paint(printer, colors[mark], ` ${mark}`)} ${text}`)
}
