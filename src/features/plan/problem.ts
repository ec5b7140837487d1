/** One thing that is wrong in a file, where a person can find it. */
export interface Problem {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units as editors count. */
  readonly column: number
  readonly severity: 'error' | 'warn'
  /** `plan.kebab-problem`, stable. */
  readonly code: string
  /** Where in the file by name, what was found, what was expected. Never a secret. */
  readonly message: string
  /** What to do about it. */
  readonly advice?: string
}

/** What a file's reader or a lint has to say; the position is added by whoever knows the file. */
export interface Finding {
  readonly severity?: 'warn'
  readonly code: string
  readonly message: string
  readonly advice?: string | undefined
}

/** Keys and indices from the top of a file to a value. */
export type Path = readonly (string | number)[]

/** `sites.dallas.records[0].name`, as messages name a place. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    return text === '' ? part : `${text}.${part}`
  }, '')
}
