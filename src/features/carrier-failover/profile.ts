/** How the first target meets a call in a trial: a status, nothing at all, or ringing before a status. */
export type TrialAnswer =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'silence' }
  | { readonly kind: 'rings-then'; readonly status: number }

/** What a carrier or SBC is to do with it (D8): try the next target, or give the caller that answer. */
export interface ProfileEntry {
  readonly answer: TrialAnswer
  readonly expected: 'moves-on' | 'stays'
}

const status = (code: number): TrialAnswer => ({ kind: 'status', status: code })

/**
 * D8's rule: 408, 480, 503, 504 and silence move on. A callee who is busy or declines is not rung twice, and
 * once a phone rings the call stays where it is.
 */
export const guideProfile: readonly ProfileEntry[] = [
  { answer: status(503), expected: 'moves-on' },
  { answer: status(504), expected: 'moves-on' },
  { answer: status(480), expected: 'moves-on' },
  { answer: status(408), expected: 'moves-on' },
  { answer: { kind: 'silence' }, expected: 'moves-on' },
  { answer: status(486), expected: 'stays' },
  { answer: status(603), expected: 'stays' },
  { answer: { kind: 'rings-then', status: 503 }, expected: 'stays' },
]

/** `503`, `silence`, `180+503`: how an answer is written and read. */
export function formatTrialAnswer(answer: TrialAnswer): string {
  if (answer.kind === 'silence') return 'silence'
  return answer.kind === 'status' ? String(answer.status) : `180+${answer.status}`
}

/** @returns undefined for what is no answer of a trial */
export function parseTrialAnswer(text: string): TrialAnswer | undefined {
  if (text === 'silence') return { kind: 'silence' }
  const [, rings, code] = /^(180\+)?([3-6]\d\d)$/.exec(text) ?? []
  if (code === undefined) return undefined
  return { kind: rings === undefined ? 'status' : 'rings-then', status: Number(code) }
}
