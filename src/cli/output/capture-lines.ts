import { basename } from 'node:path'
import type { AnalysedCapture } from '../../app/analyse-capture.ts'
import {
  describeMarks,
  nameOf,
  type RtpStream,
  type SipDialog,
} from '../../features/captures/index.ts'
import type { CaptureAnswer } from './capture-json.ts'
import { type CaptureLine, verdictLines } from './capture-verdict-lines.ts'
import { table } from './print.ts'

/** A capture of a busy hour has thousands; `--json` has them all. */
const mostRows = 16
const longestParty = 32

/** One screen: what the file is, its calls, its streams, what is judged and what to do. */
export function captureLines(answer: Omit<CaptureAnswer, 'exit'>): readonly CaptureLine[] {
  const { path, capture, verdicts } = answer
  const lines: readonly CaptureLine[] = [
    { text: headline(path, capture), style: 'bold' },
    ...caveats(capture).map((text) => ({ text, style: 'yellow' }) as const),
    ...callLines(capture.report.dialogs),
    ...streamLines(capture.report.streams),
    { text: '' },
    ...verdictLines(verdicts),
  ]
  return lines.map((line) => ({ ...line, text: printable(line.text) }))
}

/** Names in a capture are whatever somebody has sent: none of it is to move the reader's cursor. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '·')
}

const seconds = (milliseconds: number) =>
  milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
const counted = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`

function headline(path: string, { file, report }: AnalysedCapture): string {
  const calls = report.dialogs.filter(isCall).length
  const name = path === '-' ? 'standard input' : basename(path)
  const found = `${counted(calls, 'call')}, ${counted(report.streams.length, 'media stream')}`
  return `${name} · ${file.format} · ${counted(file.frames, 'packet')} in ${seconds(report.span)} · ${found}`
}

/** What keeps the report from being the whole truth. */
function caveats({ file, passedOver, report, isStopped }: AnalysedCapture): readonly string[] {
  const { flaw } = file
  const [broken] = report.broken
  const unknown = [...passedOver.unknownLinks].map(
    ([type, frames]) => `! ${counted(frames, 'packet')} of link type ${type} can't be read`,
  )
  const isCut = flaw?.kind === 'cut-off' ? 'cut off in' : 'damaged at'
  return [
    ...(isStopped ? ['! stopped before the end of the file'] : []),
    ...(flaw === undefined || isStopped
      ? []
      : [
          `! ${isCut} packet ${flaw.packet}, which begins at byte ${flaw.atByte}: ${flaw.problem}; all before it is here`,
        ]),
    ...unknown,
    ...(passedOver.malformed === 0
      ? []
      : [`! ${counted(passedOver.malformed, 'packet')} with malformed headers passed over`]),
    ...(passedOver.incomplete === 0
      ? []
      : [`! ${counted(passedOver.incomplete, 'fragmented packet')} of which a part is missing`]),
    ...(broken === undefined
      ? []
      : [
          `! ${counted(report.brokenCount, 'SIP message')} can't be read; the first is packet ${broken.packet}: ${broken.problem}`,
        ]),
    ...(report.dialogsLeftOut === 0
      ? []
      : [`! ${counted(report.dialogsLeftOut, 'SIP message')} of more dialogs than are followed`]),
  ]
}

const isCall = ({ method }: SipDialog) => method === 'INVITE'

function callLines(dialogs: readonly SipDialog[]): readonly CaptureLine[] {
  const calls = dialogs.filter(isCall)
  const others = new Map<string, number>()
  for (const dialog of dialogs.filter((one) => !isCall(one))) {
    const name = `${dialog.method} ${dialog.finalStatus ?? 'unanswered'}`
    others.set(name, (others.get(name) ?? 0) + 1)
  }
  const rows = calls
    .slice(0, mostRows)
    .map((call) => [
      ` ${partyOf(call.from)} → ${partyOf(call.to)}`,
      call.finalStatus === undefined ? 'no answer' : String(call.finalStatus),
      call.setup === undefined ? '–' : seconds(call.setup),
      endOf(call),
      mediaOf(call),
    ])
  const besides = [...others].map(([name, count]) => `${count} × ${name}`).join(', ')
  return [
    ...section(['call', 'status', 'setup', 'ended', 'media'], rows, calls.length),
    ...(besides === '' ? [] : [{ text: '' }, { text: ` other SIP: ${besides}` }]),
  ]
}

/** Who, without how to get there: two of them must fit beside the rest. */
function partyOf(uri: string): string {
  const party = uri.replace(/^sips?:/i, '').replace(/[;?].*$/s, '')
  return party.length > longestParty ? `${party.slice(0, longestParty - 1)}…` : party
}

function endOf({ endedBy, isAnswered, finalStatus }: SipDialog): string {
  if (endedBy !== undefined) return `by ${endedBy}`
  if (isAnswered) return 'after the capture'
  return finalStatus === undefined ? '–' : 'refused'
}

function mediaOf({ media, silent, isAnswered }: SipDialog): string {
  if (media === 'both-ways') return 'both ways'
  if (media === 'one-way') return `one-way: nothing from the ${silent}`
  if (media === 'none-seen') return 'none seen'
  // Held, agreed one way only, or up for less than a second.
  return isAnswered ? 'not judged' : '–'
}

const streamColumns = [
  'stream',
  'codec',
  'packets',
  'lost',
  'jitter mean/most',
  'longest gap',
  'mark',
  'found by',
]

function streamLines(streams: readonly RtpStream[]): readonly CaptureLine[] {
  const rows = streams
    .slice(0, mostRows)
    .map((stream) => [
      ` ${nameOf(stream)}`,
      stream.codecs.join(', '),
      String(stream.reception.received),
      lostOf(stream),
      spreadOf(stream),
      stream.reception.delta === undefined ? '–' : `${stream.reception.delta.most.toFixed(1)} ms`,
      describeMarks(stream.marks),
      stream.foundBy === 'sdp' ? 'SDP' : 'its looks',
    ])
  return section(streamColumns, rows, streams.length)
}

function lostOf({ reception: { lost, expected, reordered, duplicates } }: RtpStream): string {
  const share = expected === 0 ? 0 : (lost / expected) * 100
  const late = reordered === 0 ? '' : `, ${reordered} late`
  const twice = duplicates === 0 ? '' : `, ${duplicates} twice`
  return `${lost} (${share.toFixed(1)}%)${late}${twice}`
}

function spreadOf({ reception: { jitter } }: RtpStream): string {
  if (jitter === undefined) return '–'
  return `${jitter.mean.toFixed(1)}/${jitter.most.toFixed(1)} ms`
}

function section(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  count: number,
): readonly CaptureLine[] {
  if (rows.length === 0) return []
  const [first = '', ...others] = columns
  const [head = '', ...lines] = table([[` ${first}`, ...others], ...rows])
  const left = count - rows.length
  return [
    { text: '' },
    { text: head, style: 'dim' },
    ...lines.map((text) => ({ text })),
    ...(left === 0 ? [] : [{ text: ` … and ${left} more; --json has them all` }]),
  ]
}
