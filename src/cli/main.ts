#!/usr/bin/env node
import { exitCodeOf } from './exit-codes.ts'
import { createPrinter, describeError } from './output/print.ts'
import { askLine } from './output/prompt.ts'
import { createProgram } from './program.ts'

// Whoever reads us may have read enough: `changeover status | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const printer = createPrinter(process.stdout, process.stderr)
const interrupt = new AbortController()
// The first Ctrl-C asks for a safe point; the second one is the user's own risk, and the journal's work.
process.once('SIGINT', () => interrupt.abort())
process.once('SIGTERM', () => interrupt.abort())

try {
  const program = createProgram({
    printer,
    environment: process.env,
    dataDirectory: process.env['CHANGEOVER_DATA'] ?? '.changeover',
    interrupted: interrupt.signal,
    ...(process.stdin.isTTY === true && process.stdout.isTTY === true ? { ask: askLine } : {}),
  })
  process.exitCode = await program(process.argv.slice(2))
} catch (thrown) {
  printer.problem(describeError(thrown))
  process.exitCode = exitCodeOf(thrown)
}
