import { afterEach, describe, expect, it } from 'vitest'
import { createRunDesk } from '../../src/app/run-desk.ts'
import { serveRuns } from '../../src/app/serve-runs.ts'
import { verbs } from '../../src/engine/run-event.ts'
import { createDeskClient } from '../../src/http/desk-client.ts'
import type { RunDesk } from '../../src/http/ports.ts'
import { serveApi } from '../../src/http/server.ts'
import { runId } from '../../src/kernel/ids.ts'
import { givenTwoHurriedSites } from '../support/given.ts'
import type { LabProduct } from '../support/lab-product.ts'
import { until } from '../support/real-process.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Desks over one product: in its process, and over HTTP on a loopback socket. */
const desks = {
  'the desk in this process': (own: RunDesk) => Promise.resolve(own),
  async 'the desk of a server'(own: RunDesk): Promise<RunDesk> {
    const token = 'token'
    const facts = { version: '0', pid: 1, startedAt: 0, database: 'none' }
    const parts = { desk: own, verbs, token, facts }
    const { url, close } = await serveApi(
      { ...parts, isReady: () => Promise.resolve(true), report: () => undefined },
      { host: '127.0.0.1', port: 0, exposed: false },
    )
    closing.push(close)
    return createDeskClient({ url, token })
  },
}

/** A product in the lab, in virtual time; nobody carries its runs on before `serve`. */
async function given(open: (own: RunDesk) => Promise<RunDesk>) {
  const product = await givenTwoHurriedSites()
  const application = product.product()
  const desk = await open(createRunDesk(application))
  const serve = () => {
    const over = new AbortController()
    const reports = { report: () => undefined, onEntry: () => undefined }
    const serving = serveRuns(application, over.signal, reports)
    closing.push(() => {
      over.abort()
      return serving
    })
  }
  return { desk, planFile: product.plan.file, product, serve }
}

/** World time runs away as soon as somebody carries the run on: what is asked is on record before. */
async function areOnRecord({ store }: LabProduct, run: string, requests: number): Promise<void> {
  await until(
    `${requests} requests are made`,
    async () => (await store.pendingRequests(runId(run))).length === requests,
  )
}

const patience = () => AbortSignal.timeout(60_000)

describe.each(Object.entries(desks))('%s', (_, open) => {
  it('starts a wave, lists it, and shows it by its id and by the name of its wave', async () => {
    const { desk, planFile } = await given(open)

    const { run } = await desk.start({ planFile, wave: 'dallas', by: 'anna' })
    const shown = await desk.show('dallas')

    expect(run).toBe('dallas-1')
    expect(await desk.list()).toMatchObject([
      { run, runbook: 'wave dallas', entries: 1, direction: 'forward', held: [] },
    ])
    expect(shown).toMatchObject({ run, by: 'anna', direction: 'forward', entries: 1 })
    expect(shown.steps[0]).toMatchObject({ title: 'preflight', phase: 'pending' })
    expect(await desk.show(run)).toMatchObject({ head: shown.head })
  })

  it('says the same of what can’t be done', async () => {
    const { desk, planFile } = await given(open)
    await desk.start({ planFile, wave: 'dallas', by: 'anna' })

    await expect(desk.show('austin')).rejects.toMatchObject({ code: 'engine.run-not-found' })
    await expect(desk.journal('austin')).rejects.toMatchObject({ code: 'engine.run-not-found' })
    await expect(desk.start({ planFile, wave: 'dallas', by: 'ben' })).rejects.toMatchObject({
      code: 'engine.run-already-open',
    })
    await expect(desk.start({ planFile, wave: 'austin', by: 'ben' })).rejects.toMatchObject({
      code: 'plan.unknown-wave',
      details: { known: ['dallas', 'reno'] },
    })
  })

  it('gives the journal as it was hashed', async () => {
    const { desk, planFile, product } = await given(open)
    const { run } = await desk.start({ planFile, wave: 'dallas', by: 'anna' })

    const entries = await desk.journal(run)

    expect(entries).toEqual(await product.store.readJournal(runId(run)))
  })

  it('gives each of two who ask at once the answer to their own request', async () => {
    const { desk, planFile, product, serve } = await given(open)
    const { run } = await desk.start({ planFile, wave: 'dallas', by: 'anna' })

    const asked = Promise.all([
      desk.ask(run, { verb: 'pause', by: 'anna' }, patience()),
      desk.ask(run, { verb: 'skip', by: 'ben' }, patience()),
    ])
    await areOnRecord(product, run, 2)
    serve()
    const [anna, ben] = await asked

    expect(anna).toEqual({ answered: true, run, granted: true, because: 'granted' })
    expect(ben).toEqual({ answered: true, run, granted: false, because: 'a skip needs a reason' })
  })

  it('follows a run from any entry on', async () => {
    const { desk, planFile, product, serve } = await given(open)
    const { run } = await desk.start({ planFile, wave: 'dallas', by: 'anna' })
    const asked = desk.ask(run, { verb: 'cancel', by: 'anna', reason: 'wrong night' }, patience())
    await areOnRecord(product, run, 1)
    serve()
    await asked

    const seqs: number[] = []
    for await (const { entry } of desk.follow(run, 1, patience())) seqs.push(entry.seq)
    const journal = await desk.journal(run)

    expect(journal.at(-1)?.event.kind).toBe('ended')
    expect(seqs).toEqual(journal.slice(1).map(({ seq }) => seq))
    expect(await desk.ask(run, { verb: 'pause', by: 'anna' }, patience())).toEqual({
      answered: true,
      run,
      granted: false,
      because: 'the run has ended (cancelled)',
    })
  })
})

it('a run that nobody has leaves the question on record', async () => {
  const { desk, planFile } = await given(desks['the desk in this process'])
  const { run } = await desk.start({ planFile, wave: 'dallas', by: 'anna' })

  const answer = await desk.ask(run, { verb: 'pause', by: 'anna' }, AbortSignal.timeout(50))

  expect(answer).toEqual({ answered: false, run, request: expect.any(String) })
})
