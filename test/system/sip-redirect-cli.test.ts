import { createConnection } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { commandLine } from '../support/command-line.ts'
import { freePort, isListening, type Kind } from '../support/ports.ts'
import { missingPrograms, until } from '../support/real-process.ts'
import { type Sipp, startCaller } from './sip/sipp.ts'

const running: Sipp[] = []
afterEach(() => {
  for (const sipp of running.splice(0)) sipp.stop()
})

const targets = ['--to', 'sip:192.0.2.1:5060', 'sip:192.0.2.2:5060;transport=tcp']

/** The command, under way; `end` is Ctrl-C. */
async function redirecting(kind: Kind, ...more: readonly string[]) {
  const port = await freePort()
  const stop = new AbortController()
  const changeover = commandLine('/nowhere', {}, stop.signal)
  const listen = `sip:127.0.0.1:${port};transport=${kind}`
  const command = changeover('sip', 'redirect', '--listen', listen, ...targets, ...more)
  await until('it listens', () => isListening(kind, port))
  return {
    port,
    end() {
      stop.abort()
      return command
    },
  }
}

describe('changeover sip redirect', { timeout: 60_000 }, () => {
  it.runIf(missingPrograms(['sipp']).length === 0).each(['udp', 'tcp'] as const)(
    'sends a hundred calls of SIPp elsewhere over %s, and says so at the end',
    async (kind) => {
      const server = await redirecting(kind, '--allow', '127.0.0.0/8', '--rate', '1000')
      const calls = { to: server.port, number: '12145550100', calls: 100, more: ['-r', '200'] }
      const sipp = await startCaller(kind, 'caller-redirected', calls)
      running.push(sipp)

      const status = await sipp.exit
      const { exit, said } = await server.end()

      expect(status).toBe(0)
      expect(said).toContain('100 redirected, 0 OPTIONS, 0 refused, 0 malformed')
      expect(exit).toBe(0)
    },
  )

  it('says nothing to those that are not allowed, and counts them', async () => {
    const server = await redirecting('tcp', '--allow', '192.0.2.0/24', '--json')
    const socket = createConnection(server.port, '127.0.0.1')
    socket.write('OPTIONS sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n')
    await until('it is counted', async () => socket.bytesWritten > 0)
    await new Promise((resolve) => setTimeout(resolve, 200))
    socket.destroy()

    const { answered } = await server.end()

    expect(JSON.parse(answered)).toMatchObject({ exit: 0, counts: { strangers: 1, malformed: 0 } })
  })

  it.each([
    [['--allow', '10.0.0.5/24'], 'names an address inside a range'],
    [['--allow', '10.0.0.0/8', '--rate', '0'], 'is no whole number'],
    [['--allow', '10.0.0.0/8', '--to', 'x'], '--to: "x" is no SIP address'],
  ])('says 2 of %j', async (more, problem) => {
    const changeover = commandLine('/nowhere')
    const listen = ['--listen', 'sip:127.0.0.1:5060']
    const { exit, said } = await changeover('sip', 'redirect', ...listen, ...targets, ...more)

    expect(said).toContain(problem)
    expect(exit).toBe(2)
  })

  it('says 2 of a port that somebody has', async () => {
    const server = await redirecting('tcp', '--allow', '127.0.0.0/8')
    const changeover = commandLine('/nowhere')
    const listen = ['--listen', `sip:127.0.0.1:${server.port};transport=tcp`]

    const { exit, said } = await changeover(
      'sip',
      'redirect',
      ...listen,
      ...targets,
      '--allow',
      '::/0',
    )
    await server.end()

    expect(said).toContain('sip.port-taken')
    expect(exit).toBe(2)
  })
})
