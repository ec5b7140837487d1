import { listValues } from './headers.ts'
import type { SipMessage } from './message.ts'

/** One value of a Warning header (RFC 3261 §20.43). */
export interface SipWarning {
  readonly code: number
  readonly text: string
}

/** What a response says of its reason; a value that can't be read is passed over. */
export function warningsOf(message: SipMessage): readonly SipWarning[] {
  return listValues(message, 'Warning').flatMap((value) => {
    const match = /^\s*(\d{3})\s+\S+\s+"((?:[^"\\]|\\.)*)"\s*$/s.exec(value)
    if (match?.[2] === undefined) return []
    return [{ code: Number(match[1]), text: match[2].replaceAll(/\\(.)/gs, '$1') }]
  })
}
