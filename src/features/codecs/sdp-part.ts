import { sdpType } from '../../protocols/sdp/description.ts'

/** A piece of a message's body, and how many lines of the body stand above it. */
export interface BodyPart {
  readonly text: string
  readonly above: number
}

/**
 * The SDP in a body of several parts (RFC 5621 §3.1), as carriers send it beside ISUP; undefined where the body is not of
 * several parts, or none of them is SDP.
 */
export function sdpPartOf(contentType: string, body: string): BodyPart | undefined {
  const boundary = /^\s*multipart\/.*;\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(
    contentType,
  )
  const mark = boundary?.[1] ?? boundary?.[2]
  if (mark === undefined) return undefined
  const lines = body.split('\r\n')
  const edges = lines.flatMap((line, index) =>
    line.trimEnd() === `--${mark}` || line.trimEnd() === `--${mark}--` ? [index] : [],
  )
  for (const [index, edge] of edges.entries()) {
    const end = edges[index + 1] ?? lines.length
    const empty = lines.indexOf('', edge)
    if (empty === -1 || empty >= end) continue
    const isSdp = lines.slice(edge + 1, empty).some(saysSdp)
    if (isSdp) return { text: `${lines.slice(empty + 1, end).join('\r\n')}\r\n`, above: empty + 1 }
  }
  return undefined
}

function saysSdp(line: string): boolean {
  const [, type] = /^(?:content-type|c)[ \t]*:[ \t]*([^\s;]+)/i.exec(line) ?? []
  return type?.toLowerCase() === sdpType
}
