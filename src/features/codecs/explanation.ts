import type { Finding } from '../../protocols/sdp/judgement.ts'

/** One stream of a negotiation, in words. */
export interface ExplainedStream {
  readonly media: string
  readonly state: 'accepted' | 'refused' | 'ended' | 'missing'
  /** Voice first; codecs that the answer takes. */
  readonly codecs: readonly string[]
  readonly direction: string
  readonly security: string
}

/** What came of an offer, as an engineer reads it. */
export interface Explanation {
  /** A call stands, or would. */
  readonly fits: boolean
  readonly summary: string
  readonly streams: readonly ExplainedStream[]
  readonly findings: readonly Finding[]
  /** What to allow, and on which side. */
  readonly advice: readonly string[]
  /** Codecs that were not offered and could be: the path after a 488 (B5.1). */
  readonly fallback: readonly string[]
}
