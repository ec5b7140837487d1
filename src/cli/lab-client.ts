import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { WorldClock } from '../kernel/clock.ts'
import type { Milliseconds } from '../kernel/units.ts'
import { UsageError } from './errors.ts'
import { createSync, type Sync } from './lab-sync.ts'

const Answer = z.object({
  now: z.number(),
  facts: z.object({
    planFile: z.string(),
    hosts: z.record(z.string(), z.string()),
    rate: z.number(),
    secrets: z.record(z.string(), z.string()),
  }),
})
const Woken = z.object({ now: z.number() })

/** A lab in another process, as `CHANGEOVER_LAB` names it. */
export interface RemoteLab {
  readonly worldClock: WorldClock
  readonly hosts: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
}

/** The lab's time is asked for this often; between two answers it is taken to run as between the last two. */
const syncEveryMs = 100
/** The lab believes that a person is awaited for some seconds. */
const repeatEveryMs = 1000

/** Joins a lab that `changeover lab up` has brought up. @throws {UsageError} when none answers there */
export async function joinLab(url: string): Promise<RemoteLab> {
  const { now, facts } = await askLab(url)
  const { hosts, secrets, rate } = facts
  const sync = createSync({ world: now, highestRate: rate, wall: () => performance.now() })
  keepInSync(url, sync)
  const worldClock: WorldClock = {
    kind: 'world',
    now: sync.now,
    sleep: sleepAt(url, sync),
    personAwaited: (until) => awaitPerson(url, until),
  }
  return { hosts, secrets, worldClock }
}

async function askLab(url: string) {
  try {
    const response = await fetch(url)
    return Answer.parse(await response.json())
  } catch (cause) {
    throw new UsageError(
      `CHANGEOVER_LAB names ${url}, where no lab answers: name the one that is up, or unset CHANGEOVER_LAB`,
      {
        cause,
      },
    )
  }
}

function keepInSync(url: string, sync: Sync): void {
  const timer = setInterval(() => {
    // A lab that is gone is found by the next step that speaks to it, with a better error.
    void askLab(url).then(
      ({ now }) => sync.set(now),
      () => undefined,
    )
  }, syncEveryMs)
  timer.unref()
}

function sleepAt(url: string, sync: Sync) {
  return async (duration: Milliseconds, signal?: AbortSignal): Promise<void> => {
    const until = sync.now() + duration
    signal?.throwIfAborted()
    for (let now: number = sync.now(); now < until; ) {
      const body = JSON.stringify({ until })
      const options = signal === undefined ? {} : { signal }
      const response = await fetch(new URL('/sleep', url), { method: 'POST', body, ...options })
      now = Woken.parse(await response.json()).now
      sync.set(now)
      if (now < until) await wait(1, undefined, options)
    }
  }
}

/** Says so now, again and again, and that it is over; what is lost costs a jump too early, or one too late. */
function awaitPerson(url: string, until: AbortSignal): void {
  const id = randomUUID()
  const say = (awaited: boolean) => {
    const body = JSON.stringify({ id, awaited })
    fetch(new URL('/person', url), { method: 'POST', body }).catch(() => undefined)
  }
  if (until.aborted) return
  say(true)
  const timer = setInterval(() => say(true), repeatEveryMs)
  timer.unref()
  const end = () => {
    clearInterval(timer)
    say(false)
  }
  until.addEventListener('abort', end, { once: true })
}
