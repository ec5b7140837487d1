import type {
  SdpAttribute,
  SdpBandwidth,
  SdpConnection,
  SdpMedia,
  SdpTime,
  SessionDescription,
} from './description.ts'
import { SdpFormatError } from './errors.ts'

const encoder = new TextEncoder()

/**
 * Writes a description as RFC 8866 orders it.
 *
 * @throws {SdpFormatError} for a line end inside a value: it would be a line of somebody else's
 */
export function formatSdp(description: SessionDescription): Uint8Array {
  const lines = linesOf(description)
  lines.forEach((line, index) => {
    if (!/[\r\n\0]/.test(line)) return
    const column = line.search(/[\r\n\0]/) + 1
    throw new SdpFormatError('a value holds a line end', { line: index + 1, column })
  })
  return encoder.encode(`${lines.join('\r\n')}\r\n`)
}

function linesOf(description: SessionDescription): readonly string[] {
  const { origin, name, information, uri, connection, key } = description
  const { username, sessionId, sessionVersion, family, address } = origin
  return [
    'v=0',
    `o=${username} ${sessionId} ${sessionVersion} IN ${family} ${address}`,
    `s=${name}`,
    ...optional('i', information),
    ...optional('u', uri),
    ...description.emails.map((email) => `e=${email}`),
    ...description.phones.map((phone) => `p=${phone}`),
    ...(connection === undefined ? [] : [connectionLine(connection)]),
    ...description.bandwidths.map(bandwidthLine),
    ...description.times.flatMap(timeLines),
    ...optional('k', key),
    ...description.attributes.map(attributeLine),
    ...description.media.flatMap(mediaLines),
  ]
}

const optional = (letter: string, value: string | undefined) =>
  value === undefined ? [] : [`${letter}=${value}`]

function connectionLine({ family, address, suffix }: SdpConnection): string {
  return `c=IN ${family} ${address}${suffix === undefined ? '' : `/${suffix}`}`
}

const bandwidthLine = ({ modifier, value }: SdpBandwidth) => `b=${modifier}:${value}`

function timeLines({ start, stop, repeats, zones }: SdpTime): readonly string[] {
  return [`t=${start} ${stop}`, ...repeats.map((one) => `r=${one}`), ...optional('z', zones)]
}

export function attributeLine({ name, value }: SdpAttribute): string {
  return value === undefined ? `a=${name}` : `a=${name}:${value}`
}

function mediaLines(media: SdpMedia): readonly string[] {
  const ports = media.portCount === undefined ? media.port : `${media.port}/${media.portCount}`
  return [
    `m=${media.media} ${ports} ${media.protocol} ${media.formats.join(' ')}`,
    ...optional('i', media.title),
    ...media.connections.map(connectionLine),
    ...media.bandwidths.map(bandwidthLine),
    ...optional('k', media.key),
    ...media.attributes.map(attributeLine),
  ]
}
