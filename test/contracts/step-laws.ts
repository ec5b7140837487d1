import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  type AnyStep,
  type ReversibleStep,
  type StepContext,
  traceOf,
} from '../../src/engine/step.ts'
import { epoch } from '../../src/kernel/authority.ts'
import { ChangeoverError } from '../../src/kernel/errors.ts'
import { type EpochMs, epochMs } from '../../src/kernel/units.ts'

interface StepExample<Input, Ports> {
  /** As it stands in a runbook: the step's own schema reads it. */
  readonly input: NoInfer<Input> | Readonly<Record<string, unknown>>
  /** A fresh, honest world in which the step still has work to do. Its writes call `confirmLease` first. */
  arrange(): Ports
  /** What must be as it was. Versions and epochs only grow (D3): leave them out. */
  snapshot(ports: Ports): unknown
  /** What somebody else does to the very thing that the step changed, and the look at it. */
  readonly meddle: { act(ports: Ports): void; look(ports: Ports): unknown }
  /** So many of its first writes don't show: to our own record, or a number's that is bound to nothing between two flows. */
  readonly unseenWrites?: number
  /** Takes the right to go back away, or the thing that the inverse needs. */
  blockWayBack(ports: Ports): void
}

/** Told apart from every error that a step or a port throws. */
class Cut extends Error {}

/** A context on a clock that jumps; `cutAt` ends the process just before the n-th write (1, 2 …). */
function contextOn<Ports>(ports: Ports, cutAt = Number.POSITIVE_INFINITY): StepContext<Ports> {
  let now = 1_700_000_000_000
  let writes = 0
  return {
    ports,
    signal: new AbortController().signal,
    epoch: epoch(1),
    deadline: Number.MAX_SAFE_INTEGER as EpochMs,
    startedAt: epochMs(now),
    direction: 'forward',
    guards: [],
    clock: {
      kind: 'world',
      now: () => epochMs(now),
      sleep: (duration) => {
        now += duration
        return Promise.resolve()
      },
    },
    confirmLease() {
      writes += 1
      return writes >= cutAt ? Promise.reject(new Cut('cut')) : Promise.resolve()
    },
  }
}

/** The pre-image as the journal gives it back. */
const journalled = <State>(state: State): State => JSON.parse(JSON.stringify(state))

/** Doing it until it is no longer cut; returns whether it was cut at all. */
async function isCut(work: Promise<void>): Promise<boolean> {
  try {
    await work
    return false
  } catch (error) {
    if (error instanceof Cut) return true
    throw error
  }
}

/** What every reversible step must keep to, because the engine may crash between any two of its answers (promise 4). */
export function itKeepsTheStepLaws<Kind extends string, Input, State, Ports>(
  step: ReversibleStep<Kind, Input, State, Ports>,
  example: StepExample<Input, Ports>,
): void {
  const { arrange, snapshot, meddle } = example
  const input = step.input.parse(example.input)
  const definition = step as Extract<AnyStep, { type: 'change' }>

  /** A world, its context, and the pre-image that the journal holds. */
  async function begin() {
    const ports = arrange()
    const context = contextOn(ports)
    const began = snapshot(ports)
    return { ports, context, began, before: journalled(await step.observe(input, context)) }
  }

  describe(`${step.kind} keeps the step laws`, () => {
    it('acting makes it done, and verified', async () => {
      const { context, before } = await begin()

      expect(step.isDone(input, before)).toBe(false)
      await step.act(input, before, context)

      expect(step.isDone(input, journalled(await step.observe(input, context)))).toBe(true)
      expect(await step.verify(input, context)).toMatchObject({ kind: 'verified' })
    })

    it('looking, describing and asking for the way back change nothing', async () => {
      const { ports, context, began, before } = await begin()

      expect(await step.wayBack(input, before, context)).toMatchObject({ kind: 'open' })
      await step.verify(input, context)
      expect(step.describe(input)).not.toBe('')
      expect(step.cost(input)).toBeGreaterThan(0)
      expect(snapshot(ports)).toEqual(began)
    })

    it('its effect says what it finds and what it makes of it', async () => {
      const { context, before } = await begin()
      const effect = step.effect(input, before)

      await step.act(input, before, context)
      const after = journalled(await step.observe(input, context))

      expect(effect).not.toBe('')
      expect(step.effect(input, after)).not.toBe(effect)
      // What a dry run believes of it is what the world shows afterwards.
      const believed = step.leaves?.after(input, before) ?? after
      expect(step.effect(input, believed)).toBe(step.effect(input, after))
    })

    it('X7 leaves a trace that shows without our own records, whole or cut, and none once undone', async () => {
      const { context, began, before } = await begin()
      const trace = async () =>
        traceOf(definition, input, journalled(await step.observe(input, context)))
      const first = await trace()

      await step.act(input, before, context)
      expect(await trace()).toBe('all')
      await step.undo(input, before, context)
      expect(await trace()).toBe(first)
      expect(first).not.toBe('all')

      const { unseenWrites = 0 } = example
      for (let cutAt = 2 + unseenWrites, cut = true; cut; cutAt += 1) {
        const broken = await begin()
        cut = await isCut(step.act(input, broken.before, contextOn(broken.ports, cutAt)))
        if (isDeepStrictEqual(snapshot(broken.ports), began)) continue
        const now = await step.observe(input, contextOn(broken.ports))
        expect(traceOf(definition, input, journalled(now))).not.toBe('none')
      }
    })

    it('is not verified before it acted', async () => {
      const { context } = await begin()

      expect((await step.verify(input, context)).kind).not.toBe('verified')
    })

    it('acting twice with the same pre-image ends where acting once does', async () => {
      const { ports, context, before } = await begin()

      await step.act(input, before, context)
      const once = snapshot(ports)
      expect(once).not.toEqual(snapshot(arrange()))
      await step.act(input, before, context)

      expect(snapshot(ports)).toEqual(once)
    })

    it('undoing, even twice, ends where it began, and says so', async () => {
      const { ports, context, began, before } = await begin()

      await step.act(input, before, context)
      expect((await step.verifyUndone(input, before, context)).kind).not.toBe('verified')
      await step.undo(input, before, context)
      await step.undo(input, before, context)

      expect(snapshot(ports)).toEqual(began)
      expect(await step.verifyUndone(input, before, context)).toMatchObject({ kind: 'verified' })
    })

    it('undoing what was never done changes nothing', async () => {
      const { ports, context, began, before } = await begin()

      await step.undo(input, before, context)

      expect(snapshot(ports)).toEqual(began)
    })

    it('cut before any of its writes, and done again, it ends in the same state', async () => {
      const whole = await begin()
      await step.act(input, whole.before, whole.context)

      for (let cutAt = 1, cut = true; cut; cutAt += 1) {
        const { ports, before } = await begin()
        cut = await isCut(step.act(input, before, contextOn(ports, cutAt)))
        expect(cut || cutAt > 1, 'the world asks for the lease before a write').toBe(true)
        await step.act(input, before, contextOn(ports))
        expect(snapshot(ports)).toEqual(snapshot(whole.ports))
      }
    })

    it('cut in the middle and then taken back, and cut again there, it ends where it began', async () => {
      for (let cutAt = 1, cut = true; cut; cutAt += 1) {
        const { ports, began, before } = await begin()
        cut = await isCut(step.act(input, before, contextOn(ports, cutAt)))
        for (let undoAt = 1, again = true; again; undoAt += 1)
          again = await isCut(step.undo(input, before, contextOn(ports, undoAt)))
        expect(snapshot(ports)).toEqual(began)
      }
    })

    it('leaves alone what others changed since, or stops and says so', async () => {
      const { ports, context, before } = await begin()
      await step.act(input, before, context)
      meddle.act(ports)
      const theirs = structuredClone(meddle.look(ports))

      await step.undo(input, before, context).catch((error: unknown) => {
        expect(error).toBeInstanceOf(ChangeoverError)
        // Somebody is told either way: what is waited for holds when the step's patience is over.
        expect(error).toMatchObject({ remedy: expect.stringMatching(/^(operator|wait)$/) })
      })

      expect(meddle.look(ports)).toEqual(theirs)
    })

    it('X3 the way back is blocked when its right or its endpoint is gone', async () => {
      const { ports, context, before } = await begin()
      example.blockWayBack(ports)

      expect(await step.wayBack(input, before, context)).toMatchObject({ kind: 'blocked' })
    })
  })
}
