import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { WireClock } from '../../../src/kernel/clock.ts'
import { epochMs } from '../../../src/kernel/units.ts'
import { freePort, isListening, type Kind } from '../../support/ports.ts'
import { until } from '../../support/real-process.ts'

/** Real time for sockets, in milliseconds with fractions. */
export const wireClock: WireClock = {
  kind: 'wire',
  now: () => epochMs(performance.timeOrigin + performance.now()),
  sleep: (duration, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, duration)
      const stop = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      if (signal?.aborted) stop()
      else signal?.addEventListener('abort', stop, { once: true })
    }),
}

export interface Sipp {
  readonly port: number
  readonly pid: number
  /** Exit status: 0 when every call went as the scenario says. */
  readonly exit: Promise<number>
  stop(): void
}

const scenario = (name: string) => fileURLToPath(new URL(`${name}.xml`, import.meta.url))

async function start(kind: Kind, port: number, rest: readonly string[]): Promise<Sipp> {
  const shared = ['-i', '127.0.0.1', '-p', String(port), '-t', kind === 'udp' ? 'u1' : 't1']
  const limits = rest.includes('-timeout') ? [] : ['-timeout', '25s']
  const child: ChildProcess = spawn(
    'sipp',
    [...rest, ...shared, ...limits, '-nostdin', '-timeout_error'],
    {
      stdio: 'ignore',
    },
  )
  const exit = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? -1))
  })
  return { port, pid: child.pid ?? -1, exit, stop: () => child.kill('SIGKILL') }
}

/** A scenario file, or with a dash before it one that is built in. */
const scriptOf = (name: string) =>
  name.startsWith('-') ? ['-sn', name.slice(1)] : ['-sf', scenario(name)]

/** SIPp as a gateway that takes `calls` calls of a scenario and then exits. */
export async function startGateway(
  kind: Kind,
  name: string,
  calls = 1,
  more: readonly string[] = [],
): Promise<Sipp> {
  const port = await freePort()
  const sipp = await start(kind, port, [...scriptOf(name), '-m', String(calls), ...more])
  await until('SIPp listens', () => isListening(kind, port))
  return sipp
}

/** SIPp as a caller. */
export async function startCaller(
  kind: Kind,
  name: string,
  options: {
    readonly to: number
    readonly calls?: number
    readonly number: string
    readonly more?: readonly string[]
  },
): Promise<Sipp> {
  const rest = [`127.0.0.1:${options.to}`, ...scriptOf(name), '-m', String(options.calls ?? 1)]
  return start(kind, await freePort(), [...rest, '-s', options.number, ...(options.more ?? [])])
}
