import type { Trunk, TrunkHealth } from '../../../features/platform/index.ts'
import { trunkId } from '../../../kernel/ids.ts'
import { type EpochMs, type Milliseconds, ms } from '../../../kernel/units.ts'
import type { Dialogs, DispatcherList } from './schema.ts'

/** One destination of one dispatcher set. */
export interface Destination {
  readonly set: number
  readonly uri: string
  readonly flags: string
}

/** `sip:pbx:5060`, or `set:1 sip:pbx:5060` where a URI is in several sets. */
export interface DestinationName {
  readonly set: number | undefined
  readonly uri: string
}

export function parseName(name: string): DestinationName {
  const [, set, uri] = /^set:(\d+)\s+(\S.*)$/.exec(name.trim()) ?? []
  return uri === undefined ? { set: undefined, uri: name.trim() } : { set: Number(set), uri }
}

export function destinationsFrom({ RECORDS }: DispatcherList): readonly Destination[] {
  return RECORDS.flatMap(({ SET }) =>
    SET.TARGETS.map(({ DEST }) => ({ set: SET.ID, uri: DEST.URI, flags: DEST.FLAGS })),
  ).sort((a, b) => a.set - b.set || a.uri.localeCompare(b.uri))
}

export function destinationsNamed(all: readonly Destination[], name: string) {
  const wanted = parseName(name)
  return all.filter(
    ({ set, uri }) => uri === wanted.uri && (wanted.set === undefined || wanted.set === set),
  )
}

/** D is disabled by hand or by us. I is what a probe found: not a fence, since the next probe may lift it. */
export const isEnabled = ({ flags }: Destination) => !flags.startsWith('D')

export function trunkFrom(destination: Destination, all: readonly Destination[]): Trunk {
  const { set, uri } = destination
  const alone = all.filter((other) => other.uri === uri).length === 1
  return {
    id: trunkId(`set:${set} ${uri}`),
    name: alone ? uri : `set:${set} ${uri}`,
    enabled: isEnabled(destination),
    managed: false,
    codecs: [],
    transport: transportOf(uri),
    allowList: [],
  }
}

function transportOf(uri: string): Trunk['transport'] {
  const [, named] = /;transport=(udp|tcp|tls)\b/i.exec(uri) ?? []
  if (/^sips:/i.test(uri) || named?.toLowerCase() === 'tls') return 'tls'
  return named?.toLowerCase() === 'tcp' ? 'tcp' : 'udp'
}

const states: Readonly<Record<string, { readonly inService: boolean; readonly word: string }>> = {
  A: { inService: true, word: 'active' },
  T: { inService: true, word: 'trying: probes have begun to fail' },
  I: { inService: false, word: 'inactive: probes fail' },
  D: { inService: false, word: 'disabled' },
}

export function healthFrom({ set, flags }: Destination): TrunkHealth {
  const state = states[flags.slice(0, 1)] ?? { inService: false, word: 'in an unknown state' }
  const probed = flags.slice(1, 2) === 'P' ? 'probed' : 'not probed'
  return {
    inService: state.inService,
    because: `dispatcher set ${set}: ${flags}, ${state.word}, ${probed}`,
  }
}

const over = 5

/** Dialogs that are not over and that may be calls to one of these numbers, in whatever form they were dialled. */
export function callsTo(dialogs: Dialogs, numbers: readonly string[]): number {
  return dialogs.filter(({ state, to_uri }) => state !== over && mayBeTo(to_uri, numbers)).length
}

/**
 * Whether a To-URI may lead to one of these E.164 numbers. What can't be told counts: a drain that is too
 * long costs time, one that is too short costs a caller the call.
 */
export function mayBeTo(uri: string, numbers: readonly string[]): boolean {
  const user = userOf(uri)
  const dialled = /^\+?\d+$/.test(user) ? user : undefined
  // A name, `anonymous`, nothing at all: it may be an alias of any number.
  if (dialled === undefined) return true
  return numbers.some((number) => mayBe(dialled, number.replace(/\D/g, '')))
}

/** With a plus a number is whole; without, it may lack its front, or have a prefix before it. */
function mayBe(dialled: string, wanted: string): boolean {
  if (dialled.startsWith('+')) return dialled.slice(1) === wanted
  const forms = [dialled, ...dialPrefixes.map((prefix) => dialled.replace(prefix, ''))]
  return dialled.endsWith(wanted) || forms.some((form) => wanted.endsWith(form))
}

/** International (ITU, North America), and trunk prefixes before a national number. */
const dialPrefixes = [/^00/, /^011/, /^0/, /^1/]

/** `tel:+1-214-555-0100;phone-context=…`, `sip:%2B12145550100;npdi@sbc:5060;user=phone`: what was dialled. */
function userOf(uri: string): string {
  const bare = uri.replace(/^[^<]*<|>.*$/g, '').replace(/^(?:sips?|tel):/i, '')
  const encoded = bare.replace(/[@;?].*$/, '')
  return encoded.replace(/%2b/gi, '+').replace(/[-.()\s]|%20/g, '')
}

const quarter = 15 * 60_000

/**
 * `Sat Nov 21 02:48:01 2026` against our clock. Kamailio prints its local time without the zone; zones are
 * multiples of a quarter of an hour, so what remains after those is how far the clocks differ.
 */
export function clockOffsetFrom(printed: string, ours: EpochMs): Milliseconds | undefined {
  const theirs = Date.parse(`${printed} UTC`)
  if (Number.isNaN(theirs)) return undefined
  const difference = theirs - ours
  return ms(Math.round(difference - Math.round(difference / quarter) * quarter))
}
