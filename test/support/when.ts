import type { JournalEntry, RunEvent, Verb } from '../../src/engine/run-event.ts'
import type { RunState } from '../../src/engine/run-state.ts'
import type { RunId } from '../../src/kernel/ids.ts'
import { later, type Milliseconds, ms } from '../../src/kernel/units.ts'
import type { DriveOptions, LabProduct } from './lab-product.ts'

/** How a run stands when nobody looks at it any more. */
export interface Ran {
  readonly run: RunId
  /** `open`: it waits for somebody, or was interrupted. */
  readonly outcome: 'done' | 'back' | 'cancelled' | 'open'
  readonly state: RunState
  readonly journal: readonly JournalEntry[]
}

export interface Watching extends DriveOptions {
  /** World time after which a run that has not ended is left alone. 24 h. */
  readonly patience?: Milliseconds
}

const aDay = ms(24 * 3_600_000)

/** A new run of the wave, taken as far as it goes without anybody's help. */
export async function waveRuns(
  product: LabProduct,
  wave: string,
  watching: Watching = {},
): Promise<Ran> {
  return runGoesOn(product, await product.start(wave), watching)
}

/** A run that is there already is taken on. */
export async function runGoesOn(
  product: LabProduct,
  run: RunId,
  { patience = aDay, signal, ...options }: Watching = {},
): Promise<Ran> {
  const enough = new AbortController()
  const over = new AbortController()
  const waited = product.lab.clock.worldClock.sleep(patience, over.signal).then(
    () => enough.abort(),
    () => undefined,
  )
  const stop = signal === undefined ? enough.signal : AbortSignal.any([enough.signal, signal])
  try {
    await product.drive(run, { ...options, signal: stop })
  } finally {
    over.abort()
    await waited
  }
  const { state, journal } = await product.product().readRun(run)
  return { run, outcome: state.outcome ?? 'open', state, journal }
}

/** Does something once, when an entry of this kind about this step has become durable. */
export function onceEntry(kind: RunEvent['kind'], step: string, action: () => unknown) {
  let isDone = false
  return ({ event }: JournalEntry) => {
    if (isDone || event.kind !== kind || stepOf(event) !== step) return
    isDone = true
    action()
  }
}

/** Key of the step, or of the guard, that an entry is about; empty when it is about the run. */
export function stepOf(event: RunEvent): string {
  if ('step' in event) return event.step ?? ''
  return 'guard' in event ? event.guard : ''
}

/** The operator asks, from another terminal. */
export function operatorAsks(
  { store }: LabProduct,
  run: RunId,
  verb: Verb,
  reason = 'the bridge says so',
): Promise<string> {
  return store.request({ run, verb, by: 'ben', reason })
}

/**
 * A person at the PBX, who can see nothing but what the run asks for: does exactly that, some minutes later,
 * and types what confirms it.
 */
export function aPersonAtThePbx({ lab, store }: LabProduct, takes: Milliseconds = ms(180_000)) {
  const obey = (because: string) => {
    const [, doing = '', lists = ''] = /at pbx (take|see that) .*?: (.*)$/.exec(because) ?? []
    for (const list of lists.split('; ')) {
      const [queue = '', extensions = ''] = list.split(': ')
      for (const extension of extensions.split(' ')) {
        const others = (lab.world.staff.read(extension)?.queues ?? []).filter(
          (one) => one !== queue,
        )
        lab.world.staff.setQueues(extension, doing === 'take' ? others : [...others, queue])
      }
    }
  }
  return ({ run, seq, event }: JournalEntry) => {
    if (event.kind !== 'held' || event.expects === undefined) return
    const { because, expects, step } = event
    const confirm = { run, verb: 'confirm', by: 'pat', typed: expects, step, asOf: seq } as const
    lab.time.schedule(later(lab.time.now(), takes), () => {
      obey(because)
      void store.request(confirm)
    })
  }
}

/** World time passes with nobody at work: callers come, and calls end. */
export async function timePasses({ lab }: LabProduct, duration: Milliseconds): Promise<void> {
  await lab.clock.worldClock.sleep(duration)
}
