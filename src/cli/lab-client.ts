import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { WorldClock } from '../kernel/clock.ts'
import { epochMs, type Milliseconds } from '../kernel/units.ts'
import { UsageError } from './errors.ts'

const Answer = z.object({
  now: z.number(),
  facts: z.object({
    planFile: z.string(),
    hosts: z.record(z.string(), z.string()),
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

/** Above this a lab has jumped, and does not run. */
const highestRate = 2000

/** Joins a lab that `changeover lab up` has brought up. @throws {UsageError} when none answers there */
export async function joinLab(url: string): Promise<RemoteLab> {
  const first = await askLab(url)
  const sync = createSync(first.now)
  keepInSync(url, sync)
  const { hosts, secrets } = first.facts
  return { hosts, secrets, worldClock: { kind: 'world', now: sync.now, sleep: sleepAt(url, sync) } }
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

interface Sync {
  now(): ReturnType<WorldClock['now']>
  /** The lab's clock shows this now. */
  set(world: number): void
}

/** A clock that follows another: it runs on at the rate that was last seen, and is set right at each answer. */
function createSync(world: number): Sync {
  let last = { world, wall: performance.now() }
  let rate = 1
  return {
    // An instant is a whole number of milliseconds, whatever the wall clock's fractions are.
    now: () => epochMs(Math.floor(last.world + (performance.now() - last.wall) * rate)),
    set(next) {
      const wall = performance.now()
      // A jump is no rate: after one the clock runs on at 1× until the next answer.
      const seen = (next - last.world) / Math.max(1, wall - last.wall)
      rate = seen > highestRate || seen < 0 ? 1 : seen
      last = { world: next, wall }
    },
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
