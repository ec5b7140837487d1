/**
 * How a negotiation is judged: `strict` refuses every deviation; `flexible` takes what gateways in the field do and
 * what works, with a remark for each.
 */
export const negotiationModes = ['strict', 'flexible'] as const
export type NegotiationMode = (typeof negotiationModes)[number]

/** What carries the SIP messages: keys in a description travel as openly as they do. */
export const signallings = ['udp', 'tcp', 'tls'] as const
export type Signalling = (typeof signallings)[number]

export interface NegotiationRules {
  readonly mode: NegotiationMode
  readonly signalling: Signalling
}

/** One thing that was found in an offer or answer. */
export interface Finding {
  /**
   * `broken` can't work or isn't safe, in any mode; `deviation` is not as the RFC has it or more than was asked for,
   * and works with most; `note` is allowed and worth knowing.
   */
  readonly weight: 'broken' | 'deviation' | 'note'
  /** Kebab, stable. */
  readonly rule: string
  /** A sentence without its end, and never a key. */
  readonly text: string
  /** `RFC 3264 §6.1`. */
  readonly source: string
  /** From 0, in the order of the `m=` lines; absent where it is about the whole. */
  readonly stream?: number
}

/** Whether it makes the answer refused. */
export function isRefusing({ weight }: Finding, mode: NegotiationMode): boolean {
  return weight === 'broken' || (weight === 'deviation' && mode === 'strict')
}

/** Collects what is found of one stream. */
export interface FindingList {
  readonly all: readonly Finding[]
  add(finding: Finding): void
}

export function createFindings(stream: number | undefined): FindingList {
  const all: Finding[] = []
  return {
    all,
    add: (finding) => all.push(stream === undefined ? finding : { ...finding, stream }),
  }
}
