import type { SourceFile } from './source-file.ts'

interface ErrorFacts {
  readonly code: string
  readonly remedy: string
  readonly meaning: string
  readonly advice: string
}

const errorClass =
  /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?export class \w+ extends \w+Error \{\s*(?:override )?readonly code = '([^']+)'\s*(?:override )?readonly remedy(?:: \w+)? ?=? ?'?(\w*)'?/g

/** What to do about each code, for the terminal to print below the error: from the same docstrings as the page. */
export function errorAdvice(sources: readonly SourceFile[]) {
  const advice = Object.fromEntries(errorsIn(sources).map(({ code, advice }) => [code, advice]))
  return { text: `${JSON.stringify(advice, null, 2)}\n`, problems: [] }
}

function errorsIn(sources: readonly SourceFile[]): readonly ErrorFacts[] {
  const found = sources.filter(({ path }) => !path.endsWith('.test.ts')).flatMap(errorsOf)
  return found.sort((a, b) => (a.code < b.code ? -1 : 1))
}

/** Every error code with what it means and what to do: read from the docstring of its class. */
export function errorPage(sources: readonly SourceFile[]) {
  const errors = errorsIn(sources)
  const problems = [
    ...errors
      .filter(({ advice }) => advice === '')
      .map(({ code }) => `${code} does not say what to do ("To do:")`),
    ...repeated(errors.map(({ code }) => code)).map((code) => `two classes have the code ${code}`),
    ...undocumented(sources, errors),
  ]
  return { text: [...head, ...errors.map(section)].join('\n'), problems }
}

const head = [
  '# Errors',
  '',
  'Every code that Changeover can end with, what it means, and what to do. Written by `npm run docs` from the',
  'classes themselves. *Remedy* says who has to act: `retry` and `wait` are tried again by the engine, `operator`',
  'needs a person, `bug` should be reported.',
  '',
]

function section({ code, remedy, meaning, advice }: ErrorFacts): string {
  return `<a id="${code}"></a>\n## ${code}\n\n${meaning}\n\n**To do:** ${advice}\n\nRemedy: \`${remedy}\`\n`
}

function errorsOf({ text }: SourceFile): readonly ErrorFacts[] {
  return [...text.matchAll(errorClass)].map(([, comment = '', code = '', remedy = '']) => {
    const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trim())
    const [meaning = '', advice = ''] = lines.join(' ').split('To do:')
    return { code, remedy: remedy || 'operator', meaning: tidy(meaning), advice: tidy(advice) }
  })
}

function tidy(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

function repeated(codes: readonly string[]): readonly string[] {
  return codes.filter((code, index) => codes.indexOf(code) !== index)
}

/** A code that the pattern above missed would be missing from the page: found by a plainer search. */
function undocumented(
  sources: readonly SourceFile[],
  errors: readonly ErrorFacts[],
): readonly string[] {
  const known = new Set(errors.map(({ code }) => code))
  return sources
    .filter(({ path }) => !path.endsWith('.test.ts'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/readonly code = '([^']+)'/g)]
        .map(([, code = '']) => code)
        .filter((code) => !known.has(code))
        .map((code) => `${code} in ${path} is not documented: give its class a docstring`),
    )
}
