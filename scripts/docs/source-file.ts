/** One file of the sources, as the pages are made from them. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}
