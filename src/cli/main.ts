#!/usr/bin/env node
import { createPrinter } from './output/print.ts'
import { askLine } from './output/prompt.ts'
import { createProgram } from './program.ts'

const printer = createPrinter(process.stdout, process.stderr)
const interrupt = new AbortController()
const hurry = new AbortController()
// The first Ctrl-C asks for a safe point, the second one to leave at once; the third is the system's own, and kills.
const onSignal = () => {
  if (!interrupt.signal.aborted) return interrupt.abort()
  hurry.abort()
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal).off('SIGHUP', onSignal)
}
// A terminal that is closed, or whose line is cut, ends us as Ctrl-C does: calls are hung up, runs paused.
process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal)

/** What may carry a run on in this process: a reader who has left is no reason to leave callers where they are. */
const carriesOn = new Set(['run', 'resume', 'retry', 'confirm', 'skip', 'rollback', 'serve'])

// Whoever reads us may have read enough: `changeover status | head`. It ends as after Ctrl-C, so that nothing is left behind.
const onLost = (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  if (!carriesOn.has(process.argv[2] ?? '')) interrupt.abort()
}
process.stdout.on('error', onLost)
process.stderr.on('error', onLost)

const program = createProgram({
  printer,
  environment: process.env,
  dataDirectory: process.env['CHANGEOVER_DATA'] ?? '.changeover',
  interrupted: interrupt.signal,
  ...(process.stdin.isTTY === true && process.stdout.isTTY === true ? { ask: askLine } : {}),
  hurried: hurry.signal,
})
process.exitCode = await program(process.argv.slice(2))
