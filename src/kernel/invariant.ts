import { ChangeoverError } from './errors.ts'

/**
 * Something that must never be, was. The run stops where it is and asks for an operator.
 *
 * To do: read the sentence, look at `changeover journal show <run>`, report it with both.
 */
export class InvariantError extends ChangeoverError {
  readonly code = 'internal.invariant'
  readonly remedy = 'bug'
}

/** Stops with a sentence when `condition` does not hold. For what must never be, not for bad input. */
export function invariant(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new InvariantError(sentence)
}
