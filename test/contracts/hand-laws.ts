import { describe, expect, it } from 'vitest'
import type { ReversibleStep } from '../../src/engine/step.ts'
import { epochMs } from '../../src/kernel/units.ts'
import { checkContext } from './check-context.ts'

interface HandExample<Input> {
  readonly input: NoInfer<Input> | Readonly<Record<string, unknown>>
  /** What whoever does it must find in the instruction, forward and back. */
  readonly names: readonly string[]
  /** What is typed, forward and back. */
  readonly expects: readonly [string, string]
}

/**
 * What a step by hand must keep to, in the place of the step laws: it can change and read nothing itself, so
 * a person's word is its only proof, in both directions, and it never takes anything else for it.
 */
export function itKeepsTheLawsOfHands<Kind extends string, Input, State>(
  step: ReversibleStep<Kind, Input, State, object>,
  example: HandExample<Input>,
): void {
  const input = step.input.parse(example.input)
  const confirmed = { by: 'ben', at: epochMs(1) }
  const ask = async (direction: 'forward' | 'back', word: object = {}) => {
    const context = { ...checkContext({}, { direction }), ...word }
    const before = await step.observe(input, context)
    return direction === 'forward'
      ? step.verify(input, context)
      : step.verifyUndone(input, before, context)
  }

  describe(`${step.kind} keeps the laws of hands`, () => {
    it.each([
      ['forward', 'roll-back'],
      ['back', 'stay'],
    ] as const)('%s it asks a person, with a timer and an owner, then: %s', async (way, then) => {
      const asked = await ask(way)

      expect(asked).toMatchObject({ kind: 'by-hand', hold: { then } })
      for (const name of example.names) expect(JSON.stringify(asked)).toContain(name)
    })

    it('another word confirms it each way, so that whoever types it has to read which way it goes', async () => {
      const words = [await ask('forward'), await ask('back')].map((asked) =>
        asked.kind === 'by-hand' ? asked.expects : undefined,
      )

      expect(words).toEqual(example.expects)
    })

    it.each(['forward', 'back'] as const)(
      '%s a confirmation is the proof, and says whose',
      async (way) => {
        const seen = await ask(way, { confirmed })

        expect(seen).toMatchObject({ kind: 'verified', seen: expect.stringContaining('ben') })
      },
    )

    it('nothing that is read makes it done, and its way back is open and said', async () => {
      const context = checkContext({})
      const before = await step.observe(input, context)
      await step.act(input, before, context)
      await step.undo(input, before, context)

      expect(step.isDone(input, before)).toBe(false)
      expect(step.isUnreadable).toBe(true)
      expect(await ask('forward')).toMatchObject({ kind: 'by-hand' })
      const wayBack = await step.wayBack(input, before, context)
      expect(wayBack.kind).toBe('open')
      for (const name of example.names) {
        expect(JSON.stringify(wayBack)).toContain(name)
        expect(step.describe(input)).toContain(name)
      }
    })
  })
}
