import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { freePort } from './ports.ts'

export interface PrismProxy {
  readonly url: string
  stop(): Promise<void>
}

const patience = 60_000

/**
 * Starts Prism's validating proxy between a client and a server on loopback.
 *
 * With `--errors` it refuses a request that breaks the document (422) and replaces an answer that does (500).
 */
export async function startPrismProxy(document: string, upstream: string): Promise<PrismProxy> {
  const port = await freePort()
  const found = createRequire(import.meta.url).resolve('@stoplight/prism-cli/package.json')
  const script = join(dirname(found), 'dist', 'index.js')
  const options = ['proxy', document, upstream, '--errors', '-h', '127.0.0.1', '-p', String(port)]
  const child = spawn(process.execPath, [script, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  const isUp = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`prism did not start:\n${said}`)), patience)
    const listen = (chunk: Buffer) => {
      said += chunk.toString('utf8')
      if (!said.includes('is listening')) return
      clearTimeout(timer)
      resolve()
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('exit', (code) => reject(new Error(`prism ended with ${code}:\n${said}`)))
  })
  const stop = async () => {
    if (child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  await isUp.catch(async (cause: unknown) => {
    await stop()
    throw new Error('the validating proxy is not there', { cause })
  })
  return { url: `http://127.0.0.1:${port}`, stop }
}
