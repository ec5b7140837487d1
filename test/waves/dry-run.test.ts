import { describe, expect, it } from 'vitest'
import { previewWave } from '../../src/app/preview-wave.ts'
import { waveId } from '../../src/kernel/ids.ts'
import type { HttpTransport } from '../../src/protocols/http/transport.ts'
import { describeWorld } from '../support/describe-world.ts'
import { givenTwoSites } from '../support/given.ts'

/* What `run --dry-run` reads from the lab, and that the lab is as it was. */

const neverAborted = new AbortController().signal

/**
 * Requests that only look: a token, licences by user, and analytics are asked for by POST; the right to change
 * agents at the PBX is tried on one who does not exist.
 */
const isLook = (method: string, url: string) =>
  method === 'GET' ||
  /\/oauth\/token$|\/license\/users$|\/(query|search|RPC|changeover-preflight)$/.test(
    new URL(url).pathname,
  )

async function preview(faults: readonly string[] = []) {
  const product = await givenTwoSites({ faults })
  const before = describeWorld(product.lab)
  const writes: string[] = []
  const http: HttpTransport = (request, limits) => {
    if (!isLook(request.method, request.url)) writes.push(`${request.method} ${request.url}`)
    return product.transports.http(request, limits)
  }
  const application = product.product({ transports: { http } })
  const wave = { plan: product.plan, wave: waveId('dallas') }
  const { outlooks } = await previewWave(application, wave, neverAborted)
  const after = describeWorld(product.lab)
  const of = (key: string) => outlooks.find(({ planned }) => planned.key === key)
  return { before, after, writes, of, outlooks, runs: await product.store.list() }
}

describe('a dry run', () => {
  it('W4.1 X3 says what each step would make of what is there now, and changes nothing', async () => {
    const { before, after, writes, of, runs } = await preview()

    expect(of('ttl.lower._sip._tcp.dallas.acme.example.SRV')?.effect).toMatchObject({
      kind: 'exact',
      text: expect.stringMatching(/^TTL 3600 s → 300 s, 10 0 \d+ sbc\S+ unchanged$/),
    })
    expect(of('share.first')?.effect).toMatchObject({ text: expect.stringContaining('0 % → 20 %') })
    expect(of('stage-50.share')?.wayBack).toMatchObject({
      kind: 'open',
      inverse: expect.stringContaining('keeps 20 % again'),
    })
    expect(of('select')?.effect).toMatchObject({ text: expect.stringMatching(/sbc\S+ → .*byoc/) })
    expect(of('ttl.restore._sip._tcp.dallas.acme.example.SRV')?.effect).toMatchObject({
      // By then the record is the target's.
      text: expect.stringMatching(/^TTL 300 s → 3600 s, .*byoc\S+ unchanged$/),
    })
    expect(of('trunk.arm')?.effect).toEqual({ kind: 'exact', text: 'dallas-inbound off → armed' })
    expect({ after, writes, runs }).toEqual({ after: before, writes: [], runs: [] })
  })

  it('says what it could not read, and does not take it for nothing to do', async () => {
    const { of } = await preview(['sbc-error'])

    expect(of('source.release')?.effect).toMatchObject({ kind: 'unknown' })
    expect(of('select')?.wayBack).toBeUndefined()
  })
})
