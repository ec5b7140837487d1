import { parseDuration } from '../../kernel/duration.ts'
import { type RecordName, recordName } from '../../kernel/ids.ts'
import { fail, ok, type Result } from '../../kernel/result.ts'
import type { SipAddress } from '../../kernel/sip-address.ts'
import {
  type Milliseconds,
  type Percent,
  percent,
  type Seconds,
  seconds,
} from '../../kernel/units.ts'
import type { SecretRef } from './plan.ts'

/** A value as people write it, or a sentence that says what was expected. */
export type Parsed<Value> = Result<Value, string>

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** The two ends of a window as they were written; what they mean needs the plan's zone. */
export interface WindowText {
  readonly from: string
  readonly to: string
}

export function parseDurationText(text: string): Parsed<Milliseconds> {
  const duration = parseDuration(text)
  if (duration !== undefined) return ok(duration)
  const unit = /^\d+(\.\d+)?$/.test(text.trim())
    ? `"${text}" has no unit`
    : `"${text}" is no duration`
  return fail(`${unit}; write 300s, 15m, 72h or 1h30m`)
}

export function parseSecondsText(text: string): Parsed<Seconds> {
  const duration = parseDurationText(text)
  if (!duration.ok) return duration
  const whole = duration.value % 1000 === 0
  return whole
    ? ok(seconds(duration.value / 1000))
    : fail(`"${text}" is no whole number of seconds`)
}

export function parsePercentText(text: string): Parsed<Percent> {
  const [, figure] = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim()) ?? []
  if (figure === undefined) return fail(`"${text}" is no percentage; write 10%`)
  const value = Number(figure)
  return value <= 100 ? ok(percent(value)) : fail(`${text} is more than 100%`)
}

/** A limit of a gate's check: `99.2%` is 0.992, `1200ms` and `2s` are milliseconds, `3` is a count. */
export function parseLimitText(
  text: string,
): Parsed<{ readonly unit: LimitUnit; readonly value: number }> {
  const share = parsePercentText(text)
  // 99.2 / 100 is 0.992, but 0.7 / 100 is 0.006999…; the limit is to be the figure that was written.
  if (share.ok) return ok({ unit: 'ratio', value: Number((share.value / 100).toPrecision(12)) })
  if (text.trim().endsWith('%')) return share
  const duration = parseDuration(text)
  if (duration !== undefined) return ok({ unit: 'ms', value: duration })
  if (/^\d+(\.\d+)?$/.test(text.trim())) return ok({ unit: 'plain', value: Number(text) })
  return fail(`"${text}" is no limit; write 99.2%, 1200ms or 3`)
}
export type LimitUnit = 'ratio' | 'ms' | 'plain'

export function parseSecretText(text: string): Parsed<SecretRef> {
  const [, name] = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(text) ?? []
  if (name !== undefined) return ok({ from: 'env', name })
  const [, path] = /^file:(?!\/\/)(\S.*)$/.exec(text) ?? []
  if (path !== undefined) return ok({ from: 'file', path })
  // The text itself is never shown: it may be the secret.
  return fail('a secret is only named in a plan; write env:NAME or file:path')
}

export function parseHostPort(text: string, defaultPort: number): Parsed<HostPort> {
  const [, bracketed, bare, port] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+))(?::(\d+))?$/.exec(text.trim()) ?? []
  const v6 = bracketed ?? (isV6(text.trim()) ? text.trim() : undefined)
  const host = v6 ?? bare
  if (host === undefined || !(v6 === undefined ? isHost(host) : isV6(host)))
    return fail(
      `"${text}" is no address; write 10.0.0.53, 10.0.0.53:5353, [2001:db8::53] or a host name`,
    )
  const number = port === undefined ? defaultPort : Number(port)
  if (number < 1 || number > 65_535) return fail(`"${text}": ports are 1 to 65535`)
  return ok({ host, port: number })
}

export function isV4(host: string): boolean {
  const parts = host.split('.')
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)
}

export function isV6(host: string): boolean {
  if (!/^[0-9a-fA-F:]+$/.test(host) || host.split('::').length > 2) return false
  const groups = host.split(':')
  const short = groups.every((group) => group.length <= 4)
  return short && (host.includes('::') ? groups.length <= 8 : groups.length === 8)
}

const label = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/

export function isHost(host: string): boolean {
  if (isV4(host)) return true
  if (/^[\d.]+$/.test(host)) return false
  const name = host.replace(/\.$/, '')
  return name.length <= 253 && name.split('.').every((part) => label.test(part))
}

export function parseSipText(text: string): Parsed<SipAddress> {
  // Never shown: what stands before an @ may be a password.
  if (text.includes('@'))
    return fail('a gateway has no user part; write sip:host:5060;transport=tcp')
  const [, scheme, rest, parameters] = /^(sips?):([^;]+)((?:;[^;]*)*)$/i.exec(text.trim()) ?? []
  if (scheme === undefined || rest === undefined)
    return fail(`"${text}" is no SIP address; write sip:host:5060;transport=tcp`)
  const transport = readTransport(scheme.toLowerCase(), parameters ?? '')
  if (!transport.ok) return transport
  const address = parseHostPort(rest, transport.value === 'tls' ? 5061 : 5060)
  return address.ok ? ok({ ...address.value, transport: transport.value }) : address
}

function readTransport(scheme: string, parameters: string): Parsed<SipAddress['transport']> {
  const given = parameters.split(';').filter((parameter) => parameter !== '')
  const [, written] = /^transport=(udp|tcp|tls)$/i.exec(given[0] ?? '') ?? []
  if (given.length > 1 || (given.length === 1 && written === undefined))
    return fail(
      `"${parameters.slice(1)}" is not understood; write transport=udp, transport=tcp or transport=tls`,
    )
  if (scheme === 'sips' && written !== undefined && written.toLowerCase() === 'udp')
    return fail('sips: runs over TLS (RFC 3261 §26.2.2), not over UDP')
  if (scheme === 'sips' || written?.toLowerCase() === 'tls') return ok('tls')
  // RFC 3263 §4.1: without a transport parameter and with a port, it is UDP.
  return ok(written?.toLowerCase() === 'tcp' ? 'tcp' : 'udp')
}

const credentials =
  'an address carries no user and no password; name the secret with token: env:NAME'

export function parseUrlText(text: string): Parsed<string> {
  // Never shown: what stands before an @ may be a password.
  if (text.includes('@')) return fail(credentials)
  if (!/^https?:\/\/[^\s/]+\S*$/.test(text) || !URL.canParse(text))
    return fail(`"${text}" is no http or https address`)
  return ok(text)
}

export function parseRecordName(text: string): Parsed<RecordName> {
  if (/^sips?:|:\/\//i.test(text))
    return fail(`"${text}" is a URI; a DNS record has a name, like _sip._tcp.dallas.acme.example`)
  if (!isHost(text) || isV4(text) || !text.includes('.')) return fail(`"${text}" is no DNS name`)
  return ok(recordName(text))
}

export function parseWindowText(text: string): Parsed<WindowText> {
  const [from, to, ...more] = text.split('..').map((part) => part.trim())
  if (!from || !to || more.length > 0)
    return fail(`"${text}" is no window; write 2026-12-05 22:00 .. 2026-12-06 05:00`)
  return ok({ from, to })
}
