import { describe, expect, it } from 'vitest'
import { epochMs, ms } from '../kernel/units.ts'
import { createLabControl } from './control.ts'
import { createLabClock } from './lab-clock.ts'

const start = epochMs(Date.UTC(2026, 10, 2, 9))
const hour = 3_600_000

describe('the lab’s clock in process', () => {
  it('jumps to the product’s next wait and fires every world event on the way, in order', async () => {
    const clock = createLabClock({ start, mode: 'in-process' })
    const seen: string[] = []
    clock.time.schedule(epochMs(start + hour), () => seen.push('arrival'))
    clock.time.schedule(epochMs(start + 100 * hour), () => seen.push('too late'))
    const stop = clock.run()
    await clock.worldClock.sleep(ms(72 * hour))
    seen.push('woke')
    await clock.wireClock.sleep(ms(1))
    stop()

    expect(seen).toEqual(['arrival', 'woke'])
    expect(clock.time.now()).toBe(start + 72 * hour + 1)
  })

  it('stands still while somebody is busy, and while the product waits for no time', async () => {
    const clock = createLabClock({ start, mode: 'in-process' })
    const stop = clock.run()
    const release = clock.busy()
    const woken = clock.worldClock.sleep(ms(hour))
    await turns(50)
    expect(clock.time.now()).toBe(start)

    release()
    await woken
    clock.time.schedule(epochMs(start + 2 * hour), () => {})
    await turns(50)
    stop()

    expect(clock.time.now()).toBe(start + hour)
  })

  it('goes on when what is busy waits for time itself', async () => {
    let pending = 1
    const clock = createLabClock({ start, mode: 'in-process', pending: () => pending })
    clock.time.schedule(epochMs(start + 5000), () => {
      pending = 0
    })
    const stop = clock.run()
    await clock.worldClock.sleep(ms(hour))
    stop()

    expect(clock.time.now()).toBe(start + hour)
  })

  it('no time passes between a look-up’s question and its answer', async () => {
    let pending = 0
    const answeredAt: number[] = []
    const clock = createLabClock({ start, mode: 'in-process', pending: () => pending })
    const lookUp = async () => {
      pending += 1
      await turns(3)
      pending -= 1
      answeredAt.push(clock.time.now())
    }
    clock.time.schedule(epochMs(start + 1000), () => void lookUp())
    clock.time.schedule(epochMs(start + 2000), () => void lookUp())
    const stop = clock.run()
    await clock.worldClock.sleep(ms(hour))
    stop()

    expect(answeredAt).toEqual([start + 1000, start + 2000])
  })

  it('an aborted wait ends with the signal’s reason', async () => {
    const clock = createLabClock({ start, mode: 'in-process' })
    const abort = new AbortController()
    const waiting = clock.worldClock.sleep(ms(hour), abort.signal)
    abort.abort(new Error('paused'))

    await expect(waiting).rejects.toThrow('paused')
  })
})

describe('the lab’s clock live', () => {
  it('jumps through a long wait', async () => {
    const clock = createLabClock({ start, mode: 'live', rate: 1 })
    const stop = clock.run()
    await clock.worldClock.sleep(ms(72 * hour))
    stop()

    expect(clock.time.now()).toBeGreaterThanOrEqual(start + 72 * hour)
  })

  it('does not jump while a socket is busy, nor through a short wait', async () => {
    const clock = createLabClock({ start, mode: 'live', rate: 1 })
    const stop = clock.run()
    const release = clock.busy()
    void clock.worldClock.sleep(ms(72 * hour))
    await clock.wireClock.sleep(ms(150))
    expect(clock.time.now()).toBeLessThan(start + hour)

    const abort = new AbortController()
    const short = clock.worldClock.sleep(ms(60_000), abort.signal).catch(() => 'aborted')
    release()
    await clock.wireClock.sleep(ms(150))
    const during = clock.time.now()
    abort.abort()
    await short
    stop()

    expect(during).toBeLessThan(start + hour)
  })

  it('does not jump while a person is awaited, however long anybody else sleeps', async () => {
    const clock = createLabClock({ start, mode: 'live', rate: 1 })
    const stop = clock.run()
    const answered = new AbortController()
    clock.worldClock.personAwaited?.(answered.signal)
    const slept = clock.worldClock.sleep(ms(72 * hour))
    await clock.wireClock.sleep(ms(150))
    const during = clock.time.now()
    answered.abort()
    await slept
    stop()

    expect(during).toBeLessThan(start + hour)
    expect(clock.time.now()).toBeGreaterThanOrEqual(start + 72 * hour)
  })

  it('a product in another process says whether a person is awaited, and is believed for a while', async () => {
    const clock = createLabClock({ start, mode: 'live', rate: 1 })
    const facts = { planFile: '', hosts: {}, rate: 1, secrets: {} }
    const lab = createLabControl(clock, facts)
    const says = (body: object) =>
      lab({ method: 'POST', url: '/person', headers: {}, body: JSON.stringify(body) })
    const stop = clock.run()
    await says({ id: 'a', awaited: true })
    await says({ id: 'a', awaited: true })
    const slept = clock.worldClock.sleep(ms(72 * hour))
    await clock.wireClock.sleep(ms(150))
    const during = clock.time.now()
    await says({ id: 'a', awaited: false })
    await slept
    stop()

    expect(during).toBeLessThan(start + hour)
    expect(await says({ id: 'a' })).toMatchObject({ status: 400 })
  })

  it('the wire’s waits are real, and end at an abort with its reason', async () => {
    const { wireClock } = createLabClock({ start, mode: 'live', rate: 1000 })
    const waiting = wireClock.sleep(ms(60_000), AbortSignal.abort(new Error('stop')))

    await expect(waiting).rejects.toThrow('stop')
  })
})

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}
