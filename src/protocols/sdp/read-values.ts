import type {
  AddressFamily,
  SdpAttribute,
  SdpBandwidth,
  SdpConnection,
  SdpMedia,
  SdpOrigin,
  SdpTime,
} from './description.ts'
import { SdpFormatError } from './errors.ts'
import type { Reading, SdpLine } from './read-lines.ts'

/** One word of a line and where it begins. */
interface Field {
  readonly text: string
  readonly column: number
}

/** The letter and its `=` stand before every value. */
const valueColumn = 3

function fieldsOf(line: SdpLine, reading: Reading): readonly Field[] {
  const { value, number } = line
  const odd = value.search(/^\s|\s\s|\s$|[^\S ]/)
  if (odd !== -1) {
    const place = { line: number, column: valueColumn + odd }
    reading.deviates(place, 'fields are separated by exactly one space')
  }
  return Array.from(value.matchAll(/\S+/g), (match) => ({
    text: match[0],
    column: valueColumn + match.index,
  }))
}

/** The word at that place, of that form; nothing else can stand there, however lenient the reading. */
function expectField(
  line: SdpLine,
  fields: readonly Field[],
  index: number,
  { form, what }: { readonly form: RegExp; readonly what: string },
): string {
  const field = fields[index]
  const column = field?.column ?? valueColumn + line.value.length
  const found = field === undefined ? 'the line ends' : `"${field.text.slice(0, 40)}" is there`
  if (field !== undefined && form.test(field.text)) return field.text
  throw new SdpFormatError(`${line.letter}=: ${what} expected, ${found}`, {
    line: line.number,
    column,
  })
}

function expectEnd(line: SdpLine, fields: readonly Field[], count: number, reading: Reading) {
  const extra = fields[count]
  if (extra === undefined) return
  const place = { line: line.number, column: extra.column }
  reading.deviates(place, `${line.letter}=: "${extra.text.slice(0, 40)}" is one field too many`)
}

const anything = /^/
const internet = { form: /^IN$/, what: 'the network type IN' }
const family = { form: /^IP[46]$/, what: 'IP4 or IP6' }
const digits = /^\d{1,20}$/

const familyOf = (text: string): AddressFamily => (text === 'IP6' ? 'IP6' : 'IP4')

export function readOrigin(line: SdpLine, reading: Reading): SdpOrigin {
  const fields = fieldsOf(line, reading)
  const at = (index: number, form: RegExp, what: string) =>
    expectField(line, fields, index, { form, what })
  const username = at(0, anything, 'a user name or -')
  const sessionId = at(1, digits, 'the number of the session')
  const sessionVersion = at(2, digits, 'its version, a number')
  at(3, internet.form, internet.what)
  const addressFamily = familyOf(at(4, family.form, family.what))
  const address = at(5, anything, 'an address')
  expectEnd(line, fields, 6, reading)
  return { username, sessionId, sessionVersion, family: addressFamily, address }
}

const addressForm = /^[^\s/]+(\/\d{1,10}){0,2}$/

export function readConnection(line: SdpLine, reading: Reading): SdpConnection {
  const fields = fieldsOf(line, reading)
  expectField(line, fields, 0, internet)
  const addressFamily = familyOf(expectField(line, fields, 1, family))
  const whole = expectField(line, fields, 2, { form: addressForm, what: 'an address' })
  expectEnd(line, fields, 3, reading)
  const slash = whole.indexOf('/')
  if (slash === -1) return { family: addressFamily, address: whole }
  return {
    family: addressFamily,
    address: whole.slice(0, slash),
    suffix: whole.slice(slash + 1),
  }
}

export function readBandwidth(line: SdpLine, reading: Reading): SdpBandwidth | undefined {
  const match = /^([^\s:]+):(\d{1,20})$/.exec(line.value)
  if (match?.[1] !== undefined && match[2] !== undefined)
    return { modifier: match[1], value: match[2] }
  const place = { line: line.number, column: valueColumn }
  reading.deviates(place, 'b=: a modifier, ":" and a number expected')
  return undefined
}

export function readTime(line: SdpLine, reading: Reading): SdpTime {
  const fields = fieldsOf(line, reading)
  const start = expectField(line, fields, 0, { form: digits, what: 'the start, a number' })
  const stop = expectField(line, fields, 1, { form: digits, what: 'the end, a number' })
  expectEnd(line, fields, 2, reading)
  return { start, stop, repeats: [] }
}

export function readAttribute(line: SdpLine, reading: Reading): SdpAttribute | undefined {
  const colon = line.value.indexOf(':')
  const name = colon === -1 ? line.value : line.value.slice(0, colon)
  if (!/^[\w!#$%&'*+\-.^`{|}~]+$/.test(name)) {
    const place = { line: line.number, column: valueColumn }
    reading.deviates(place, 'a=: the name of an attribute expected')
    return undefined
  }
  return colon === -1 ? { name } : { name, value: line.value.slice(colon + 1) }
}

const highestPort = 65_535

/** How many streams there are, and which, is the one thing that no reading may guess: answers go by position. */
export function readMediaLine(line: SdpLine, reading: Reading): SdpMedia {
  const fields = fieldsOf(line, reading)
  const media = expectField(line, fields, 0, { form: /^[\w.+-]+$/, what: 'a kind of media' })
  const portField = { form: /^\d{1,6}(\/[1-9]\d{0,4})?$/, what: 'a port from 0 to 65535' }
  const ports = expectField(line, fields, 1, portField).split('/')
  if (Number(ports[0]) > highestPort)
    expectField(line, fields, 1, { form: /^\b$/, what: portField.what })
  const protocol = expectField(line, fields, 2, { form: anything, what: 'a transport profile' })
  expectField(line, fields, 3, { form: anything, what: 'at least one format' })
  const formats = fields.slice(3).map(({ text }) => text)
  const count = ports[1] === undefined ? {} : { portCount: Number(ports[1]) }
  const empty = { connections: [], bandwidths: [], attributes: [] }
  return { media, port: Number(ports[0]), ...count, protocol, formats, ...empty }
}
