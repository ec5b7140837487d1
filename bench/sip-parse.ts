import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import {
  addressesOf,
  callIdOf,
  cseqOf,
  fromOf,
  type NameAddress,
  toOf,
  viasOf,
} from '../src/protocols/sip/headers.ts'
import { parseMessage } from '../src/protocols/sip/parse-message.ts'
import { parseUri } from '../src/protocols/sip/uri.ts'
import type { Bench, BenchOptions, Figure } from './figure.ts'

/** Each side in turn for so long: what else the machine does falls on both. */
const sliceMs = 100
const slicesPerRun = 15

/** What npm's sip makes of a message, as far as it is looked at here. */
interface TheirMessage {
  readonly method?: string
  readonly uri?: string
  readonly status?: number
  readonly headers: {
    readonly via: readonly { readonly host: string; readonly params: { readonly branch: string } }[]
    readonly from: TheirAddress
    readonly to: TheirAddress
    readonly contact?: readonly TheirAddress[]
    readonly route?: readonly TheirRoute[]
    readonly 'record-route'?: readonly TheirRoute[]
    readonly cseq: { readonly seq: number; readonly method: string }
    readonly 'call-id': string
  }
  readonly content: string
}
interface TheirAddress {
  readonly uri: string
  readonly params: { readonly tag?: string }
}
interface TheirRoute {
  readonly uri: { readonly host: string }
}
const sip: { parse(text: string): TheirMessage } = createRequire(import.meta.url)('sip/sip')

export const sipParseBench: Bench = { name: 'sip.parse', measure }

function measure({ runs, report }: BenchOptions): Promise<readonly Figure[]> {
  const texts = messageTexts()
  const bytes = texts.map((text) => Buffer.from(text))
  for (const text of texts) checkAgreement(text)
  const rounds: Round[] = []
  for (let round = 0; round <= runs; round += 1) {
    const taken = takeRound(bytes, texts)
    report(
      `${round === 0 ? 'warm-up' : `run ${round}`}: ${taken.ours.toFixed(0)} messages/s, sip ${taken.theirs.toFixed(0)}`,
    )
    if (round > 0) rounds.push(taken)
  }
  return Promise.resolve([
    {
      bench: 'sip.parse',
      unit: 'messages/s',
      ours: rounds.map(({ ours }) => ours),
      peer: {
        name: 'sip 0.0.6 of npm, which is given text',
        theirs: rounds.map(({ theirs }) => theirs),
      },
      target: { atLeast: 3 },
      means:
        `${texts.length} messages in turn (INVITE and 200 with SDP, 180, ACK, BYE, REGISTER, OPTIONS; ` +
        `${Math.min(...sizes(texts))} to ${Math.max(...sizes(texts))} bytes, no line folded), each to its start line, every Via, ` +
        'From, To, Contact, Route, Record-Route (their URIs too), CSeq, Call-ID, the other headers as text, and body. ' +
        'Ours is given the bytes, and also refuses what RFC 3261 does. drachtio-sip 0.6.3 (slower than sip on the same ' +
        'messages) is not measured here: to install it installs ESLint.',
    },
  ])
}

const sizes = (texts: readonly string[]) => texts.map(({ length }) => length)

interface Round {
  readonly ours: number
  readonly theirs: number
}

function takeRound(bytes: readonly Uint8Array[], texts: readonly string[]): Round {
  const ours: Tally = { messages: 0, ms: 0, seen: 0 }
  const theirs: Tally = { messages: 0, ms: 0, seen: 0 }
  for (let slice = 0; slice < slicesPerRun; slice += 1) {
    takeSlice(ours, bytes, readOurs)
    takeSlice(theirs, texts, readTheirs)
  }
  return { ours: (ours.messages / ours.ms) * 1000, theirs: (theirs.messages / theirs.ms) * 1000 }
}

interface Tally {
  messages: number
  ms: number
  /** What was read adds up to something, so that none of it can be left out. */
  seen: number
}

function takeSlice<Input>(
  tally: Tally,
  inputs: readonly Input[],
  read: (input: Input) => number,
): void {
  const began = performance.now()
  let ms = 0
  while (ms < sliceMs) {
    for (let repeat = 0; repeat < 50; repeat += 1)
      for (const input of inputs) tally.seen += read(input)
    tally.messages += 50 * inputs.length
    ms = performance.now() - began
  }
  tally.ms += ms
}

function readOurs(bytes: Uint8Array): number {
  const message = parseMessage(bytes)
  const line = message.kind === 'request' ? message.uri.length : message.status
  return (
    line +
    viasOf(message).length +
    lengthOf(fromOf(message)) +
    lengthOf(toOf(message)) +
    addressesOf(message, 'Contact').length +
    urisOf(addressesOf(message, 'Route')) +
    urisOf(addressesOf(message, 'Record-Route')) +
    cseqOf(message).number +
    callIdOf(message).length +
    message.body.length
  )
}

const lengthOf = ({ uri, parameters }: NameAddress) => uri.length + (parameters['tag']?.length ?? 0)

/** sip takes apart the URIs of routes. */
function urisOf(routes: readonly NameAddress[]): number {
  let letters = 0
  for (const { uri } of routes) letters += parseUri(uri).kind.length
  return letters
}

function hostsOf(routes: readonly NameAddress[]): readonly string[] {
  return routes.map((route) => {
    const uri = parseUri(route.uri)
    return uri.kind === 'sip' ? uri.host : ''
  })
}

function readTheirs(text: string): number {
  const { headers, uri, status, content } = sip.parse(text)
  return (
    (uri?.length ?? status ?? 0) +
    headers.via.length +
    headers.from.uri.length +
    headers.to.uri.length +
    (headers.contact?.length ?? 0) +
    headers.cseq.seq +
    headers['call-id'].length +
    content.length
  )
}

/** Both read the same from it, or the figures would compare different work. */
function checkAgreement(text: string): void {
  const message = parseMessage(Buffer.from(text))
  const their = sip.parse(text)
  const { headers } = their
  const hosts = (routes: readonly TheirRoute[] = []) => routes.map(({ uri }) => uri.host)
  const contacts = (headers.contact ?? []).map(({ uri }) => uri)
  const ours = [
    message.kind === 'request' ? [message.method, message.uri] : message.status,
    viasOf(message).map(({ host, parameters }) => [host, parameters['branch']]),
    [fromOf(message), toOf(message)].map(({ uri, parameters }) => [uri, parameters['tag']]),
    addressesOf(message, 'Contact').map(({ uri }) => uri),
    [hostsOf(addressesOf(message, 'Route')), hostsOf(addressesOf(message, 'Record-Route'))],
    [cseqOf(message).number, cseqOf(message).method, callIdOf(message)],
    Buffer.from(message.body).toString(),
  ]
  const theirs = [
    their.status ?? [their.method, their.uri],
    headers.via.map(({ host, params }) => [host, params.branch]),
    [headers.from, headers.to].map(({ uri, params }) => [uri, params.tag]),
    contacts,
    [hosts(headers.route), hosts(headers['record-route'])],
    [headers.cseq.seq, headers.cseq.method, headers['call-id']],
    their.content,
  ]
  if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
    throw new Error(`read differently:\n${JSON.stringify(ours)}\n${JSON.stringify(theirs)}`)
  }
}

/** RFC 3261 §11.1; the call flows have none. */
const options = [
  'OPTIONS sip:carol@chicago.com SIP/2.0',
  'Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKhjhs8ass877',
  'Max-Forwards: 70',
  'To: <sip:carol@chicago.com>',
  'From: Alice <sip:alice@atlanta.com>;tag=1928301774',
  'Call-ID: a84b4c76e66710',
  'CSeq: 63104 OPTIONS',
  'Contact: <sip:alice@pc33.atlanta.com>',
  'Accept: application/sdp',
  'Content-Length: 0',
  '\r\n',
].join('\r\n')

interface Flows {
  readonly flows: readonly {
    readonly section: string
    readonly steps: readonly { readonly label: string; readonly message: string }[]
  }[]
}

/** One call as it passes between two proxies, and a registration before it is challenged: RFC 3665 §3.2 and §2.1. */
function messageTexts(): readonly string[] {
  const vectors = new URL('../test/vectors/sip/rfc3665-3666-call-flows.json', import.meta.url)
  const { flows }: Flows = JSON.parse(readFileSync(vectors, 'utf8'))
  const stepsOf = (section: string) =>
    flows.find((flow) => flow.section.startsWith(section))?.steps ?? []
  const session = stepsOf('3.2 Session')
  const steps = ['F5 ', 'F10 ', 'F13 ', 'F16 ', 'F19 '].map((label) =>
    session.find((step) => step.label.startsWith(label)),
  )
  const [register] = stepsOf('2.1 Successful New Registration')
  const texts = [...steps, register].map((step) => step?.message ?? '').map(asSent)
  return [...texts, options]
}

/** The RFC folds where its lines end, stacks don't. */
function asSent(text: string): string {
  return text.replaceAll(/\r\n[ \t]+;/g, ';').replaceAll(/\r\n[ \t]+/g, ' ')
}
