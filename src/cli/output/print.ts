import { styleText } from 'node:util'

/** Where commands write: a stream for answers, one for what is said beside them. */
export interface Printer {
  line(text?: string): void
  problem(text: string): void
  readonly color: boolean
  /** Columns that a reader has. */
  readonly width: number
  /** Absent where what is written stays written: a file, a pipe. */
  readonly screen?: Screen
}

/** A terminal that is painted anew. */
export interface Screen {
  paint(lines: readonly string[]): void
  /** Gives the terminal back as it was before the first painting. */
  leave(): void
}

/** Of what is written to a file or a pipe: still readable side by side with something else. */
const widthOfLogs = 160

export function createPrinter(out: NodeJS.WriteStream, err: NodeJS.WriteStream): Printer {
  return {
    line: (text = '') => void out.write(`${text}\n`),
    problem: (text) => void err.write(`${text}\n`),
    color: out.isTTY === true,
    get width() {
      return out.isTTY === true ? out.columns : widthOfLogs
    },
    ...(out.isTTY === true ? { screen: createScreen(out) } : {}),
  }
}

const control = '\u001b['
const alternateScreen = { enter: `${control}?1049h`, leave: `${control}?1049l` }
const home = `${control}H`
const clearLine = `${control}K`
const clearBelow = `${control}J`

/** On the alternate screen, so that nothing of it is left between what was printed before and after. */
export function createScreen(out: Pick<NodeJS.WriteStream, 'write' | 'rows'>): Screen {
  let isOpen = false
  return {
    paint(lines) {
      const text = lines.slice(0, out.rows).join(`${clearLine}\n`)
      out.write(`${isOpen ? '' : alternateScreen.enter}${home}${text}${clearLine}${clearBelow}`)
      isOpen = true
    },
    leave() {
      if (isOpen) out.write(alternateScreen.leave)
      isOpen = false
    },
  }
}

type Style = 'green' | 'red' | 'yellow' | 'dim' | 'bold'

export function paint({ color }: Pick<Printer, 'color'>, style: Style, text: string): string {
  return color ? styleText(style, text) : text
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

/** A line of a report, with how it is painted. */
export interface ReportLine {
  readonly text: string
  readonly style?: Style
}

export function paintReport(printer: Printer, lines: readonly ReportLine[]): void {
  for (const { text, style } of lines) {
    printer.line(style === undefined ? text : paint(printer, style, text))
  }
}
