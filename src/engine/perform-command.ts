import { assertNever } from '../kernel/assert-never.ts'
import { ChangeoverError } from '../kernel/errors.ts'
import type { StepKey } from '../kernel/ids.ts'
import { invariant } from '../kernel/invariant.ts'
import { type EpochMs, epochMs } from '../kernel/units.ts'
import { afterError } from './after-error.ts'
import type { Command } from './command.ts'
import { LeaseLostError, PreImageLostError } from './errors.ts'
import { lookAgain } from './look-again.ts'
import { lookAtGuard, viewGuards } from './look-at-guard.ts'
import { performReadBack } from './perform-read-back.ts'
import { one, type Performed } from './performed.ts'
import type { Known, Performer } from './performer.ts'
import type { RunEvent } from './run-event.ts'
import { type RunState, stepState } from './run-state.ts'
import type { PlannedStep } from './runbook.ts'
import type { AnyStep, Direction, StepContext, Verification } from './step.ts'
import type { BoundStep } from './step-list.ts'
import { endOfNewHold, type StepState } from './step-state.ts'
import { stillOpen } from './still-open.ts'

/**
 * The way back from a step is not open, so the step was not taken (X3).
 *
 * To do: mend what the message names, then `changeover retry <run>`; or `changeover rollback <run>`.
 */
export class WayBackBlockedError extends ChangeoverError {
  readonly code = 'engine.way-back-blocked'
  readonly remedy = 'operator'
}

type StepCommand = Exclude<
  Command,
  {
    kind: 'wait' | 'end' | 'start-rollback' | 'hold' | 'look-at-guard' | 'look-again' | 'read-back'
  }
>

/** Asks the world what the command says. Whatever is thrown becomes an entry; only a lost lease goes on up. */
export function performCommand(
  performer: Performer,
  state: RunState,
  command: Exclude<Command, { kind: 'wait' }>,
): Performed | Promise<Performed> {
  switch (command.kind) {
    case 'end':
      return { events: [{ kind: 'ended', outcome: command.outcome, summary: command.summary }] }
    case 'start-rollback':
      return { events: [{ kind: 'rollback-started', because: command.because, by: 'changeover' }] }
    case 'hold':
      return holdStep(command, state, performer)
    case 'look-at-guard':
      return lookAtGuard(performer, state, command.guard)
    case 'look-again':
      return lookAgain(performer, state, command)
    case 'read-back':
      return performReadBack(performer, state)
    default:
      return performStep(performer, state, command)
  }
}

function holdStep(
  { step, because, hold }: Extract<Command, { kind: 'hold' }>,
  state: RunState,
  performer: Performer,
): Performed {
  const until = endOfNewHold(stepState(state, step.key), hold.longest, nowOf(performer))
  return one({ kind: 'held', step: step.key, because, hold, until })
}

async function performStep(
  performer: Performer,
  state: RunState,
  command: StepCommand,
): Promise<Performed> {
  const { key } = command.step
  const step = stepState(state, key)
  const startedAt = step.startedAt ?? nowOf(performer)
  const context = performer.contextFor(startedAt, state.direction, knownOf(state, step))
  try {
    return await askStep(performer.steps.bind(command.step), state, command, context)
  } catch (thrown) {
    if (thrown instanceof LeaseLostError) throw thrown
    return afterError(step, key, thrown, context.clock.now())
  }
}

function knownOf(state: RunState, { remembered, trouble, confirmed }: StepState): Known {
  return {
    guards: viewGuards(state),
    ...(remembered === undefined ? {} : { remembered }),
    ...(trouble === undefined ? {} : { lastError: trouble.error }),
    ...(confirmed === undefined ? {} : { confirmed }),
  }
}

function nowOf(performer: Performer): EpochMs {
  return performer.contextFor(epochMs(0), 'forward').clock.now()
}

async function askStep(
  { definition, input }: BoundStep,
  state: RunState,
  command: StepCommand,
  context: StepContext<unknown>,
): Promise<Performed> {
  const { key } = command.step
  switch (command.kind) {
    case 'record-intent':
      return intent(key, command.direction, context)
    case 'verify': {
      const verification = await definition.verify(input, context)
      return afterLook(state, command.step, verification, context)
    }
    case 'observe': {
      const change = asChange(definition)
      const before = (await change.observe(input, context)) ?? null
      return one({ kind: 'observed', step: key, before, done: change.isDone(input, before) })
    }
    case 'check-way-back':
      return one(await askWayBack(key, definition, { input, before: command.before, context }))
    case 'act':
      await asChange(definition).act(input, command.before, context)
      return one({ kind: 'acted', step: key })
    case 'undo':
      if (state.promotion?.preImagesLost.includes(key) === true) throw new PreImageLostError(key)
      await asReversible(definition).undo(input, command.before, context)
      return one({ kind: 'undone', step: key })
    case 'verify-undone': {
      const verification = await asReversible(definition).verifyUndone(
        input,
        command.before,
        context,
      )
      return afterUndoLook(state, command.step, verification, context)
    }
    default:
      return assertNever(command)
  }
}

function intent(step: StepKey, direction: Direction, { epoch }: StepContext<unknown>): Performed {
  return one(
    direction === 'forward' ? { kind: 'acting', step, epoch } : { kind: 'undoing', step, epoch },
  )
}

interface Asked {
  readonly input: unknown
  readonly before: unknown
  readonly context: StepContext<unknown>
}

async function askWayBack(step: StepKey, definition: AnyStep, asked: Asked): Promise<RunEvent> {
  const change = asChange(definition)
  if (change.reversibility === 'irreversible') {
    return { kind: 'way-back', step, inverse: `none; the way forward: ${change.wayForward}` }
  }
  const answer = await change.wayBack(asked.input, asked.before, asked.context)
  if (answer.kind === 'open') return { kind: 'way-back', step, inverse: answer.inverse }
  throw new WayBackBlockedError(`the way back from ${step} is not open: ${answer.because}`, {
    details: { step },
  })
}

function asChange(step: AnyStep) {
  invariant(step.type === 'change', `${step.kind} is a check and changes nothing`)
  return step
}

function asReversible(step: AnyStep) {
  const change = asChange(step)
  invariant(change.reversibility !== 'irreversible', `${step.kind} has no way back`)
  return change
}

function afterLook(
  state: RunState,
  planned: PlannedStep,
  verification: Verification,
  context: StepContext<unknown>,
): Performed {
  const { key, title } = planned
  if (verification.kind === 'verified') {
    return one({ kind: 'verified', step: key, direction: state.direction, seen: verification.seen })
  }
  if (verification.kind === 'failed' && state.direction === 'forward') {
    const because = `${title}: ${verification.because}`
    return one({ kind: 'rollback-started', because, by: 'changeover' })
  }
  return stillOpen(stepState(state, key), key, verification, context.clock.now())
}

function afterUndoLook(
  state: RunState,
  planned: PlannedStep,
  verification: Verification,
  context: StepContext<unknown>,
): Performed {
  if (verification.kind === 'verified') {
    return one({ kind: 'undo-verified', step: planned.key, seen: verification.seen })
  }
  const step = stepState(state, planned.key)
  return stillOpen(step, planned.key, verification, context.clock.now())
}
