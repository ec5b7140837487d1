#!/usr/bin/env node
// The command, on whatever Node the machine has: plain JavaScript, no dependency. A Node that can't run the sources
// hands over to the one that the `node` package has brought.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as modules from 'node:module'
import { fileURLToPath } from 'node:url'

/** The first Node that runs TypeScript sources as they are, without a warning. People need only the one that npm ci needs. */
const runsSources = [22, 19]
const oldest = 20

const here = new URL('..', import.meta.url)
const pathOf = (name) => fileURLToPath(new URL(name, here))
const ownNode = pathOf('node_modules/node/bin/node')

const [major, minor] = process.versions.node.split('.').map(Number)
const canRunSources =
  major > runsSources[0] || (major === runsSources[0] && minor >= runsSources[1])

if (canRunSources && existsSync(pathOf('node_modules/commander'))) await runHere()
else if (!canRunSources && existsSync(ownNode)) handOver()
else {
  const what =
    major < oldest
      ? `Changeover needs Node ${oldest} or newer, and this is ${process.versions.node}.`
      : `Changeover is not installed yet: cd ${pathOf('.')} && npm ci`
  process.stderr.write(`${what}\n`)
  process.exitCode = 2
}

async function runHere() {
  // Nearly half of a short command's time is the reading of its sources. Where the folder can't be written to, nothing is kept.
  modules.enableCompileCache(pathOf('node_modules/.cache/changeover'))
  await import(new URL('src/cli/main.ts', here).href)
}

/** Signals reach whoever does the work, once: a terminal sends its own to both of us. */
function handOver() {
  const child = spawn(ownNode, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  const isOnTerminal = process.stdin.isTTY === true || process.stdout.isTTY === true
  process.on('SIGINT', () => isOnTerminal || child.kill('SIGINT'))
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  process.on('SIGHUP', () => child.kill('SIGHUP'))
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
