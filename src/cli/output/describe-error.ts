import { ChangeoverError } from '../../kernel/errors.ts'
import advice from './error-advice.json' with { type: 'json' }

/** Written by `npm run docs` from the docstrings of the error classes, as docs/errors.md is. */
const adviceOf: Readonly<Record<string, string>> = advice

/** An error as a person reads it: code and sentence, what the sentence has not said, what to do, where it is explained. */
export function describeError(thrown: unknown): string {
  if (!(thrown instanceof ChangeoverError)) {
    return `error internal.unexpected   ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`
  }
  const { code, message, details } = thrown
  const facts = Object.entries(details)
    .filter(([, value]) => !isSaid(message, value))
    .map(([name, value]) => `  ${name}  ${textOf(value)}`)
  return [
    `error ${code}   ${message}`,
    ...facts,
    ...todo(adviceOf[code], details),
    `  docs/errors.md#${code}`,
  ].join('\n')
}

/** Whether a fact has nothing that the sentence has not. */
function isSaid(message: string, value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (typeof value === 'object') return Object.values(value).every((part) => isSaid(message, part))
  // A 3 is not said by a sentence of 30 seconds.
  if (typeof value === 'number') return message.split(/[^\w.]+/).includes(String(value))
  return message.includes(String(value))
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  const isPlain = Array.isArray(value) && value.every((part) => typeof part !== 'object')
  return isPlain ? value.join(', ') : JSON.stringify(value)
}

/** As it can be typed: `<run>` is the run that the error is about, where it says which. */
function todo(text: string | undefined, details: ChangeoverError['details']): readonly string[] {
  if (text === undefined || text === '') return []
  const filled = text.replace(/<(\w+)>/g, (whole, name: string) => {
    const value = details[name]
    return typeof value === 'string' ? value : whole
  })
  return [`  to do: ${filled.replaceAll('`', '')}`]
}
