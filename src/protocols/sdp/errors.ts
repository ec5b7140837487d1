import { ChangeoverError } from '../../kernel/errors.ts'

/** A place in a description, both from 1; the column counts UTF-16 units, as editors do. */
export interface SdpPlace {
  readonly line: number
  readonly column: number
}

/**
 * A body that should describe a session can't be read as SDP.
 *
 * To do: the message names line and column and what was expected there; ask the vendor of whoever wrote it.
 */
export class SdpFormatError extends ChangeoverError {
  readonly code = 'sdp.malformed'
  readonly remedy = 'operator'
  readonly place: SdpPlace
  /** What was expected at that place, without the place. */
  readonly problem: string

  constructor(problem: string, place: SdpPlace) {
    super(`SDP refused at line ${place.line}, column ${place.column}: ${problem}`)
    this.place = place
    this.problem = problem
  }
}
