import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createSipProbe } from '../../src/adapters/sip/index.ts'
import { socketTransports } from '../../src/app/transports.ts'
import { createRandom } from '../../src/kernel/random.ts'
import type { SipAddress } from '../../src/kernel/sip-address.ts'
import { ms } from '../../src/kernel/units.ts'
import { createSipEndpoint } from '../../src/lab/network/sip-endpoint.ts'
import { openTlsTransport, type TlsIdentity } from '../../src/protocols/sip/transport-tls.ts'
import { type Authority, createAuthority, type Issued } from '../support/certificates.ts'
import { wireClock } from './sip/sipp.ts'

const host = '127.0.0.1'
const name = 'gateway.example'

let authority: Authority
let trusted: Issued
const running: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  authority = await createAuthority()
  trusted = await authority.issue([name])
})
afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
})

/** A gateway that listens with TLS and answers whatever comes. */
async function gateway(shown: Issued, more: { readonly clients?: string } = {}) {
  const { clients: ca } = more
  let ended = 0
  const asks = ca === undefined ? {} : { ca, askForCertificate: true }
  const side = createSipEndpoint({
    transport: await openTlsTransport({ host, ...shown, ...asks }),
    wireClock,
    server: 'TLS gateway',
    onInvite: async () => ({ kind: 'answer' }),
    onOptions: () => ({ kind: 'ok' }),
    onEnded: () => {
      ended += 1
    },
  })
  running.push(side.close)
  return { ...side.local, serverName: name, ended: () => ended }
}

function probe(identity: TlsIdentity) {
  const { openSip: openTransport } = socketTransports(identity)
  const random = createRandom(7)
  return createSipProbe({ openTransport, wireClock, random, timeout: ms(2000) })
}

const never = () => new AbortController().signal
const ask = (target: SipAddress, identity: TlsIdentity = { ca: authority.pem }) =>
  probe(identity).options(target, never())

describe('SIP over TLS', { timeout: 20_000 }, () => {
  it('B1.1 is answered, and a call is made and hung up on the connection that we began', async () => {
    const target = await gateway(trusted)

    const answer = await ask(target)
    const request = { target, number: '+1', caller: '+2', nonce: 'n' }
    const call = await probe({ ca: authority.pem }).call(request, never())

    expect(answer).toMatchObject({ kind: 'answered', status: 200, server: 'TLS gateway' })
    expect(call).toMatchObject({ kind: 'answered', server: 'TLS gateway' })
    // The gateway's Contact is an address that its certificate does not hold: the BYE came all the same.
    expect(target.ended()).toEqual(1)
  })

  it('takes a certificate by the SIP URI in it (RFC 5922 §7.1)', async () => {
    const target = await gateway(await authority.issue([`sip:${name}`, 'other.example']))

    expect(await ask(target)).toMatchObject({ kind: 'answered' })
  })

  it.each([
    ['certificate-wrong-name', () => authority.issue(['other.example'])],
    ['certificate-expired', () => authority.issue([name], -1)],
    ['certificate-untrusted', async () => (await createAuthority('Nobody')).issue([name])],
  ])('says sip.%s', async (code, shown) => {
    const target = await gateway(await shown())

    expect(await ask(target)).toMatchObject({ kind: 'silent', code: `sip.${code}` })
  })

  it('says sip.certificate-wanted where the gateway asks for ours; with it all is well', async () => {
    const target = await gateway(trusted, { clients: authority.pem })
    const ours = await authority.issue(['changeover.example'])
    const stranger = await (await createAuthority('Nobody')).issue(['changeover.example'])

    expect(await ask(target)).toMatchObject({ kind: 'silent', code: 'sip.certificate-wanted' })
    // Node's server closes without an alert when it does not trust what it was shown.
    expect(await ask(target, { ca: authority.pem, ...stranger })).toMatchObject({
      kind: 'silent',
      because: expect.stringContaining('closed the connection'),
    })
    expect(await ask(target, { ca: authority.pem, ...ours })).toMatchObject({ kind: 'answered' })
  })

  it('says sip.tls-failed where the gateway has no version of ours', async () => {
    const old = {
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    } as const
    const server = createTlsServer({ ...old, cert: trusted.certificate, key: trusted.key })
    const target = await listening(server)

    expect(await ask(target)).toMatchObject({ kind: 'silent', code: 'sip.tls-failed' })
  })

  it('says sip.tls-failed where the port speaks something else', async () => {
    const server = createServer((socket) => socket.end('SIP/2.0 400 Bad Request\r\n\r\n'))

    expect(await ask(await listening(server))).toMatchObject({ code: 'sip.tls-failed' })
  })

  it('says sip.tls-stalled where the handshake never ends', async () => {
    const target = await listening(createServer())

    expect(await ask(target)).toMatchObject({ kind: 'silent', code: 'sip.tls-stalled' })
  })

  it('rejects with sip.tls-files where our own files are none', async () => {
    const target = await gateway(trusted)

    await expect(ask(target, { ca: 'no PEM', certificate: 'x', key: 'y' })).rejects.toMatchObject({
      code: 'sip.tls-files',
    })
  })

  it('does not keep a gateway from closing that has half a handshake', async () => {
    const { port } = await gateway(trusted)
    const half = createConnection(port, host)
    half.on('error', () => undefined)
    await once(half, 'connect')
    const closed = once(half, 'close')

    for (const stop of running.splice(0)) await stop()
    await closed
  })
})

async function listening(server: ReturnType<typeof createServer>) {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.listen(0, host)
  await once(server, 'listening')
  running.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { host, port, transport: 'tls', serverName: name } as const
}
