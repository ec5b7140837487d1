/** One line of a live run, for a terminal that is watched by tired people. */
export interface RunLine {
  readonly mark: '✔' | '▶' | '↩' | '✖' | '⏸' | '·' | '»' | ' '
  readonly text: string
}
