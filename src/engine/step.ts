import type { z } from 'zod'
import type { WriteLimits } from '../kernel/authority.ts'
import type { WorldClock } from '../kernel/clock.ts'
import type { ErrorFacts } from '../kernel/errors.ts'
import type { EpochMs, Milliseconds } from '../kernel/units.ts'

/** How the way back looks once a step is done: at once, within a known time, in hours, or not at all. */
export const reversibilities = ['instant', 'bounded', 'slow', 'irreversible'] as const
export type Reversibility = (typeof reversibilities)[number]

/** What a look at the world found. There is always a third state: no answer yet is never a pass. */
export type Verification =
  | { readonly kind: 'verified'; readonly seen: string }
  /**
   * Nothing is wrong, it takes time. Looked at again, until the step's patience is over. What it asks to
   * `remember` (plain JSON) the next look is given, in whichever process it is made.
   */
  | {
      readonly kind: 'not-yet'
      readonly because: string
      readonly lookAgainAt?: EpochMs
      readonly remember?: unknown
    }
  /** Data or a decision is missing. The run holds, with a timer, an owner and two exits. */
  | { readonly kind: 'hold'; readonly because: string; readonly hold: Hold }
  /**
   * A person is to do something that no call can do: `because` says exactly what. The run holds until somebody
   * confirms it by typing `expects`; the next look is given the confirmation.
   */
  | {
      readonly kind: 'by-hand'
      readonly because: string
      readonly expects: string
      readonly hold: Hold
    }
  /** The world is not as it must be: the run goes back. */
  | { readonly kind: 'failed'; readonly because: string }

/** How long a run may wait for what is missing, who is asked, and what happens when nobody answers. */
export interface Hold {
  readonly longest: Milliseconds
  readonly owner: string
  readonly then: 'roll-back' | 'stay'
}

/** A person said, by typing it, that a step was done by hand. */
export interface Confirmation {
  readonly by: string
  /** World time. */
  readonly at: EpochMs
}

/** Whether the way back from a change is open, asked before the change is made (X3). */
export type WayBack =
  | { readonly kind: 'open'; readonly inverse: string }
  | { readonly kind: 'blocked'; readonly because: string }

/** How much of a change the world outside shows; `unreadable`: nothing can be read of it. */
export type Trace = 'none' | 'some' | 'all' | 'unreadable'

/** What one call into a step is given beside its input. */
export interface StepContext<Ports> extends WriteLimits {
  readonly ports: Ports
  /** Time that a calendar or a person waits for. */
  readonly clock: WorldClock
  /** World time at which this step was first looked at; the start of its patience. */
  readonly startedAt: EpochMs
  /** Whether the run goes forward or back: a check can be asked in both directions. */
  readonly direction: Direction
  /** What the look before asked to remember. It may be lost: then the wait may only be longer. */
  readonly remembered?: unknown
  /**
   * How the attempt before ended, where it may pass by itself or was not told to stop. An error that comes
   * again is not written down each time, so that its details may be old. It may be lost, as what is remembered.
   */
  readonly lastError?: ErrorFacts
  /** Somebody confirmed that what this step asked for, in this direction, was done by hand. */
  readonly confirmed?: Confirmation
  /** What the guards that watch now said last. */
  readonly guards: readonly GuardView[]
}

/** A guard as a step may see it: `not-yet` is a guard without an answer, which is no good news. */
export interface GuardView {
  readonly title: string
  readonly verdict: Verification['kind']
  readonly seen: string
}

export type Direction = 'forward' | 'back'

interface StepBase<Kind extends string, Input, Ports> {
  readonly kind: Kind
  readonly input: z.ZodType<Input>
  /** One line for the terminal: what exactly will be done or looked at. Pure. */
  describe(input: Input): string
  /** How long it usually takes, for plans and time-to-safe. World time. */
  estimate(input: Input): Milliseconds
  /** How long `not-yet` may last, and what then. World time. Without it: 10 minutes, then the run holds. */
  patience?(input: Input): Hold
  verify(input: Input, context: StepContext<Ports>): Promise<Verification>
}

/** A gate, a test call, a wait, an approval: it looks, and changes nothing. */
export interface CheckStep<Kind extends string, Input, Ports> extends StepBase<Kind, Input, Ports> {
  readonly type: 'check'
}

interface Change<Kind extends string, Input, State, Ports> extends StepBase<Kind, Input, Ports> {
  readonly type: 'change'
  /** Most vendor calls that observe, act, verify and undo can need together (X10). */
  cost(input: Input): number
  /** Reads the live state. What the first call returns is kept in the journal as the pre-image: plain JSON. */
  observe(input: Input, context: StepContext<Ports>): Promise<State>
  /** Pure. `true` skips `act`; such a step is never undone, because this run did not do it. */
  isDone(input: Input, state: State): boolean
  /**
   * How much of the change the outside shows, for the look after a promotion, when our own records may be
   * behind the world: without them, and without what passes, such as who is signed in just now. Without this
   * it is all when it is done, and none else: right for one thing that is changed by one write. Pure.
   */
  trace?(input: Input, state: State): Trace
  /** Exactly what `act` would change of this pre-image, for people: `TTL 3600 s → 300 s, values unchanged`. Pure. */
  effect(input: Input, before: State): string
  /**
   * Of a thing that several steps of a runbook change one after the other: which it is, and how this step
   * leaves it. Lets a dry run say what each of them will find. Pure.
   */
  readonly leaves?: {
    thing(input: Input): string
    after(input: Input, before: State): State
  }
  /** How the step leaves what steps of other kinds read, by name, for a dry run of those. Pure. */
  foretells?(input: Input, before: State): Foretold
  /**
   * What the step will find where earlier ones of the runbook have left something otherwise than it is today,
   * for a dry run. Pure.
   *
   * @param now undefined where it is not there yet; so is the answer where nothing foretells that it will be
   */
  foreseen?(input: Input, now: State | undefined, told: Foretold): State | undefined
  act(input: Input, before: State, context: StepContext<Ports>): Promise<void>
  /** Nothing can be read, because a person did it: it is not looked at again. */
  readonly isUnreadable?: true
  /**
   * Looks, some time after the step was verified or undone, whether what it wrote is still so (X7): what is
   * found otherwise, or nothing. Only what the step itself writes counts: an agent on a break and a trunk out
   * of service have not slipped. Absent: it is verified again.
   */
  foundOtherwise?(
    input: Input,
    stands: Standing<State>,
    context: StepContext<Ports>,
  ): Promise<string | undefined>
}

/** What steps of a runbook will have left, by the name of the thing: `TTL of dallas.example SRV` → `['300']`. */
export type Foretold = Readonly<Record<string, readonly string[]>>

/** How a change was left when it was looked at last: done (`forward`), or taken back to `before`. */
export interface Standing<State> {
  readonly direction: Direction
  readonly before: State
}

/**
 * One change to the live contact centre that can be taken back.
 *
 * The engine journals each answer before it asks the next, so a crash anywhere resumes at the last
 * recorded answer. `act` and `undo` may therefore run twice and must end in the same state. `undo`
 * returns what `act` changed to the pre-image, and leaves alone what others have changed since.
 */
export interface ReversibleStep<Kind extends string, Input, State, Ports>
  extends Change<Kind, Input, State, Ports> {
  readonly reversibility: Exclude<Reversibility, 'irreversible'>
  /** Plans the inverse, asks whether it is permitted, and tries its endpoint. Changes nothing. */
  wayBack(input: Input, before: State, context: StepContext<Ports>): Promise<WayBack>
  undo(input: Input, before: State, context: StepContext<Ports>): Promise<void>
  /** Looks whether the undo has arrived in the world. */
  verifyUndone(input: Input, before: State, context: StepContext<Ports>): Promise<Verification>
  /** How long the undo usually takes, its verification included. World time. */
  estimateUndo(input: Input): Milliseconds
}

/** A change without a way back, such as a number port in its window: what to do instead is said. */
export interface IrreversibleStep<Kind extends string, Input, State, Ports>
  extends Change<Kind, Input, State, Ports> {
  readonly reversibility: 'irreversible'
  readonly wayForward: string
}

/**
 * A step as the engine holds it: input already parsed by the step's own schema, state as it was journalled.
 *
 * Steps are declared with methods, which TypeScript compares both ways: that is what lets every step be
 * held as one of `unknown`, without `any`.
 */
export type AnyStep =
  | CheckStep<string, unknown, unknown>
  | ReversibleStep<string, unknown, unknown, unknown>
  | IrreversibleStep<string, unknown, unknown, unknown>

/** What a look found instead of what it should have; nothing when it was verified. */
export function otherwise(verification: Verification): string | undefined {
  return verification.kind === 'verified' ? undefined : verification.because
}

/** The trace of a change that has so many parts, of which so many are made. */
export function traceOfParts(made: number, parts: number): Trace {
  if (made >= parts) return 'all'
  return made > 0 ? 'some' : 'none'
}

export function traceOf(
  step: Exclude<AnyStep, { type: 'check' }>,
  input: unknown,
  state: unknown,
): Trace {
  if (step.isUnreadable === true) return 'unreadable'
  if (step.trace !== undefined) return step.trace(input, state)
  return step.isDone(input, state) ? 'all' : 'none'
}

/** Gives a reversible step literal its types without writing them out. */
export function defineStep<Kind extends string, Input, State, Ports>(
  step: ReversibleStep<Kind, Input, State, Ports>,
): ReversibleStep<Kind, Input, State, Ports> {
  return step
}

/** Gives a check step literal its types without writing them out. */
export function defineCheck<Kind extends string, Input, Ports>(
  step: CheckStep<Kind, Input, Ports>,
): CheckStep<Kind, Input, Ports> {
  return step
}
