import {
  type Codec,
  codecKey,
  codecsOf,
  isSameFormat,
  isVoice,
  ptimeOf,
} from '../../protocols/sdp/codecs.ts'
import type { SdpMedia, SessionDescription } from '../../protocols/sdp/description.ts'
import { judgeDescription } from '../../protocols/sdp/judge-description.ts'
import { type Finding, isRefusing, type NegotiationRules } from '../../protocols/sdp/judgement.ts'
import { type StreamSecurity, securityOf } from '../../protocols/sdp/security.ts'
import {
  audioOf,
  isPlannedOrder,
  listed,
  listKeys,
  parametersText,
  planName,
  securityWords,
  suitesOf,
} from './codec-words.ts'

/** Where one side has a codec. */
export interface CodecPlace {
  /** From 1: how much it is wanted. */
  readonly position: number
  readonly payloadType: string
  readonly parameters: string
}

/** One codec of either side. */
export interface CodecRow {
  readonly codec: string
  readonly voice: boolean
  readonly at: 'both' | 'left' | 'right'
  readonly left?: CodecPlace
  readonly right?: CodecPlace
  /** Whether the plan's list names it. */
  readonly planned: boolean
  /** What is not alike though both have it. */
  readonly differences: readonly string[]
}

/** What a call takes when one side offers and the other answers. */
export interface CodecOutcome {
  /** Absent where the other would refuse with 488. */
  readonly codec?: string
  readonly because: string
}

/** Both sides' codecs next to each other (B5.1). */
export interface CodecMatrix {
  /** A call can be set up either way. */
  readonly fits: boolean
  readonly rows: readonly CodecRow[]
  readonly leftOffers: CodecOutcome
  readonly rightOffers: CodecOutcome
  readonly security: { readonly left: string; readonly right: string; readonly fits: boolean }
  readonly findings: readonly Finding[]
  readonly advice: readonly string[]
}

export interface MatrixQuestion extends NegotiationRules {
  readonly names: { readonly left: string; readonly right: string }
  /** The plan's list, most wanted first. */
  readonly planned: readonly string[]
}

interface Side {
  readonly name: string
  readonly media: SdpMedia
  readonly codecs: readonly Codec[]
  readonly voice: readonly Codec[]
  readonly security: StreamSecurity
  readonly findings: readonly Finding[]
}

/** Compares what two sides offer; undefined where one has no audio stream. */
export function codecMatrix(
  left: SessionDescription,
  right: SessionDescription,
  question: MatrixQuestion,
): CodecMatrix | undefined {
  const one = sideOf(left, question.names.left, question)
  const other = sideOf(right, question.names.right, question)
  if (one === undefined || other === undefined) return undefined
  const encryption = judgeEncryption(one, other, question)
  const refusing = [...one.findings, ...other.findings, ...encryption].find((finding) =>
    isRefusing(finding, question.mode),
  )
  const leftOffers = outcomeOf(one, other, refusing)
  const rightOffers = outcomeOf(other, one, refusing)
  const found = [...encryption, ...judgeLists(one, other, question)]
  return {
    fits: leftOffers.codec !== undefined && rightOffers.codec !== undefined,
    rows: rowsOf(one, other, question.planned),
    leftOffers,
    rightOffers,
    security: {
      left: securityWords(one.security),
      right: securityWords(other.security),
      fits: encryption.every(({ weight }) => weight !== 'broken'),
    },
    findings: [...one.findings, ...other.findings, ...found],
    advice: adviceFor(one, other, question),
  }
}

function sideOf(
  description: SessionDescription,
  name: string,
  { signalling }: MatrixQuestion,
): Side | undefined {
  const media = audioOf(description)
  if (media === undefined) return undefined
  const index = description.media.indexOf(media)
  const codecs = codecsOf(media)
  const findings = judgeDescription(description, 'offer', signalling)
    .filter(({ stream }) => stream === index)
    .map(({ stream: _stream, ...rest }) => ({
      ...rest,
      text: rest.text.replace(/^offer/, name),
    }))
  const security = securityOf(description, media)
  return { name, media, codecs, voice: codecs.filter(isVoice), security, findings }
}

const commonOf = (one: Side, other: Side) =>
  one.voice.filter((codec) => other.voice.some((theirs) => isSameFormat(codec, theirs)))

function outcomeOf(offerer: Side, answerer: Side, refusing: Finding | undefined): CodecOutcome {
  if (refusing !== undefined) return { because: `488: ${refusing.text}` }
  const [first] = commonOf(offerer, answerer)
  if (first === undefined) {
    return {
      because: `488: ${answerer.name} has none of ${listKeys(offerer.voice)}`,
    }
  }
  const codec = codecKey(first)
  const because =
    first === offerer.voice[0]
      ? `${offerer.name} wants it most`
      : `the first of ${offerer.name} that ${answerer.name} has; ${listKeys(offerer.voice.slice(0, offerer.voice.indexOf(first)))} falls away`
  return { codec, because }
}

function rowsOf(left: Side, right: Side, planned: readonly string[]): readonly CodecRow[] {
  const rows = left.codecs.map((codec, index): CodecRow => {
    const match = right.codecs.findIndex((other) => isSameFormat(codec, other))
    const theirs = right.codecs[match]
    const own = { ...rowOf(codec, planned), left: placeOf(codec, index) }
    if (theirs === undefined) return { ...own, at: 'left', differences: nearMiss(codec, right) }
    const differences = differencesOf(codec, theirs, { left: left.media, right: right.media })
    return { ...own, at: 'both', right: placeOf(theirs, match), differences }
  })
  const rest = right.codecs.flatMap((codec, index): readonly CodecRow[] => {
    if (left.codecs.some((other) => isSameFormat(codec, other))) return []
    const own = { ...rowOf(codec, planned), right: placeOf(codec, index) }
    return [{ ...own, at: 'right', differences: nearMiss(codec, left) }]
  })
  return [...rows, ...rest]
}

const rowOf = (codec: Codec, planned: readonly string[]) => ({
  codec: codecKey(codec),
  voice: isVoice(codec),
  planned: planned.includes(planName(codec)),
})

const placeOf = (codec: Codec, index: number): CodecPlace => ({
  position: index + 1,
  payloadType: codec.payloadType,
  parameters: parametersText(codec),
})

/** The same codec in a form that the other can't read. */
function nearMiss(codec: Codec, other: Side): readonly string[] {
  const near = other.codecs.find((theirs) => codecKey(theirs) === codecKey(codec))
  if (near === undefined) return []
  return [`${other.name} has it in another form: ${parametersText(near) || 'without parameters'}`]
}

function differencesOf(
  left: Codec,
  right: Codec,
  media: { readonly left: SdpMedia; readonly right: SdpMedia },
): readonly string[] {
  const [one, other] = [parametersText(left), parametersText(right)]
  const [mine, theirs] = [ptimeOf(media.left), ptimeOf(media.right)]
  const ptimes = isVoice(left) && mine !== undefined && theirs !== undefined && mine !== theirs
  return [
    ...(one === other ? [] : [`fmtp ${one || 'none'} / ${other || 'none'}`]),
    ...(ptimes ? [`ptime ${mine} / ${theirs} ms`] : []),
  ]
}

function judgeEncryption(left: Side, right: Side, { names }: MatrixQuestion): readonly Finding[] {
  const kinds = [left.security.profile.kind, right.security.profile.kind]
  const [one, other] = [suitesOf(left.security), suitesOf(right.security)]
  const sides = `${names.left} offers ${left.media.protocol} (${securityWords(left.security)}), ${names.right} ${right.media.protocol} (${securityWords(right.security)})`
  const broken = { weight: 'broken', source: 'RFC 3264 §6' } as const
  if (kinds[0] !== kinds[1]) return [{ ...broken, rule: 'encryption-differs', text: sides }]
  if (kinds[0] !== 'srtp' || one.some((suite) => other.includes(suite))) return []
  const text = `no crypto suite in common: ${listed(one)} / ${listed(other)}`
  return [{ ...broken, rule: 'no-common-suite', text }]
}

/** The lists against each other and against the plan's (G3.3, B5.1). */
function judgeLists(left: Side, right: Side, { planned }: MatrixQuestion): readonly Finding[] {
  const findings: Finding[] = []
  const note = (rule: string, text: string) =>
    findings.push({ weight: 'note', rule, text, source: 'plan' })
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const has = (side: Side) => side.voice.some((codec) => planName(codec) === 'G722')
    if (has(one) && !has(other)) {
      note(
        'one-sided-g722',
        `G722 is on ${one.name} only: its calls fall back to narrowband, and a leg that stays on G722 needs transcoding`,
      )
    }
    if (!isPlannedOrder(one.voice, planned)) {
      note(
        'order',
        `${one.name} has ${listKeys(one.voice)}; the plan's order is ${listed(planned)}`,
      )
    }
    const missing = planned.filter((name) => !one.voice.some((codec) => planName(codec) === name))
    if (missing.length > 0)
      note('not-planned', `${one.name} lacks ${listed(missing)} of the plan's list`)
  }
  const [first] = commonOf(left, right)
  const [back] = commonOf(right, left)
  if (first !== undefined && back !== undefined && codecKey(first) !== codecKey(back)) {
    const text = `${codecKey(first)} when ${left.name} offers, ${codecKey(back)} when ${right.name} does: a re-INVITE from the other side changes the codec`
    note('codec-depends-on-offerer', text)
  }
  return findings
}

function adviceFor(left: Side, right: Side, { planned }: MatrixQuestion): readonly string[] {
  if (commonOf(left, right).length > 0) return []
  const allow = (side: Side, other: Side) => {
    const wanted = other.voice.filter((codec) => planned.includes(planName(codec)))
    const names = (wanted.length > 0 ? wanted : other.voice).map(planName)
    return `${names.join(' or ')} on ${side.name}`
  }
  return [
    `allow ${allow(left, right)}, or ${allow(right, left)}; without either something between them must transcode`,
  ]
}
