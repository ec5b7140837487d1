import { ChangeoverError } from '../kernel/errors.ts'
import type { PlannedStep } from './runbook.ts'
import type { AnyStep, Hold } from './step.ts'

/**
 * The run names a kind of step that this version of the software does not have.
 *
 * To do: go on with the version that started the run, or roll back with it.
 */
export class UnknownStepError extends ChangeoverError {
  readonly code = 'engine.unknown-step'
  readonly remedy = 'operator'

  constructor(kind: string, key: string) {
    super(`step ${key} is of kind ${kind}, which this version does not know`, {
      details: { kind, key },
    })
  }
}

/**
 * A step's input in the runbook is not what its kind takes.
 *
 * To do: go on with the version that started the run; report it with `changeover journal show <run>`.
 */
export class StepInputError extends ChangeoverError {
  readonly code = 'engine.step-input'
  readonly remedy = 'bug'
}

/** One planned step together with its definition; its input has been parsed by the definition's schema. */
export interface BoundStep {
  readonly definition: AnyStep
  readonly input: unknown
}

/** The steps that an engine can run. It knows none by itself: features define them, app lists them. */
export interface StepList {
  /**
   * @throws {UnknownStepError} when no step has this kind
   * @throws {StepInputError} when the input is not what the kind takes
   */
  bind(planned: Pick<PlannedStep, 'key' | 'kind' | 'input'>): BoundStep
  /** Undefined where the step says nothing of its own. */
  patienceOf(planned: PlannedStep): Hold | undefined
  typeOf(planned: PlannedStep): AnyStep['type']
  /**
   * What a change is about, by which it is known when a later step changes the same again; undefined for a
   * check, and where what was done can't be looked at again.
   */
  thingOf(planned: PlannedStep): string | undefined
}

export function createStepList(steps: readonly AnyStep[]): StepList {
  const byKind = new Map(steps.map((step) => [step.kind, step]))
  // Each decision asks it of every step of the runbook, and an input may list hundreds of agents.
  const bound = new WeakMap<object, BoundStep>()

  const bind: StepList['bind'] = (planned) => {
    const known = bound.get(planned)
    if (known !== undefined) return known
    const { key, kind, input } = planned
    const definition = byKind.get(kind)
    if (definition === undefined) throw new UnknownStepError(kind, key)
    const parsed = definition.input.safeParse(input)
    if (!parsed.success)
      throw new StepInputError(`input of ${key} (${kind}): ${parsed.error.message}`, {
        details: { key, kind },
      })
    const made = { definition, input: parsed.data }
    bound.set(planned, made)
    return made
  }

  return {
    bind,
    typeOf: (planned) => bind(planned).definition.type,
    patienceOf(planned) {
      const { definition, input } = bind(planned)
      return definition.patience?.(input)
    },
    thingOf(planned) {
      const { definition, input } = bind(planned)
      if (definition.type === 'check' || definition.isUnreadable === true) return undefined
      return definition.leaves?.thing(input) ?? planned.key
    },
  }
}
