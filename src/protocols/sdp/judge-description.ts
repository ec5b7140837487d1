import { clockSlip, codecsOf, maxptimeOf, ptimeOf } from './codecs.ts'
import type { SdpMedia, SessionDescription } from './description.ts'
import { createFindings, type Finding, type FindingList, type Signalling } from './judgement.ts'
import { type StreamSecurity, securityOf } from './security.ts'

type Side = 'offer' | 'answer'

/** What can be said of an offer or an answer by itself; streams with port 0 have nothing to say. */
export function judgeDescription(
  description: SessionDescription,
  side: Side,
  signalling: Signalling,
): readonly Finding[] {
  return description.media.flatMap((media, stream) => {
    if (media.port === 0) return []
    const findings = createFindings(stream)
    judgeFormats(media, side, findings)
    judgeKeys(securityOf(description, media), { side, signalling }, findings)
    return findings.all
  })
}

function judgeFormats(media: SdpMedia, side: Side, { add }: FindingList): void {
  const codecs = codecsOf(media)
  for (const codec of codecs) {
    const slip = clockSlip(codec)
    const source = codec.name.toUpperCase() === 'G722' ? 'RFC 3551 §4.5.2' : 'RFC 7587 §7'
    if (slip !== undefined) {
      add({ weight: 'deviation', rule: 'clock-rate', text: `${side}: ${slip}`, source })
    }
  }
  const unknown = codecs.filter(({ known }) => known === 'unknown')
  if (media.protocol.includes('RTP/') && unknown.length > 0) {
    const types = unknown.map(({ payloadType }) => payloadType).join(', ')
    const text = `${side}: nothing says what payload type ${types} is; it has no a=rtpmap`
    add({ weight: 'deviation', rule: 'payload-type-unknown', text, source: 'RFC 3264 §5.1' })
  }
  const repeated = media.formats.filter((format, index) => media.formats.indexOf(format) !== index)
  if (repeated.length > 0) {
    const text = `${side}: payload type ${repeated[0]} is listed twice`
    add({ weight: 'deviation', rule: 'payload-type-twice', text, source: 'RFC 8866 §5.14' })
  }
  const ptime = ptimeOf(media)
  const maxptime = maxptimeOf(media)
  if (ptime !== undefined && maxptime !== undefined && ptime > maxptime) {
    const text = `${side}: ptime ${ptime} ms is above its own maxptime ${maxptime} ms`
    add({ weight: 'deviation', rule: 'ptime-above-maximum', text, source: 'RFC 8866 §6.4' })
  }
}

interface Context {
  readonly side: Side
  readonly signalling: Signalling
}

function judgeKeys(security: StreamSecurity, context: Context, findings: FindingList): void {
  const { profile } = security
  if (security.cryptos.length > 0) judgeCryptos(security, context, findings)
  if (profile.kind === 'dtls-srtp') judgeFingerprints(security, context, findings)
  const { side } = context
  const keyed = security.cryptos.length > 0 || security.fingerprints.length > 0
  if (profile.kind === 'srtp' && !keyed) {
    const text = `${side}: the profile is SRTP, and there is no a=crypto and no a=fingerprint`
    findings.add({ weight: 'broken', rule: 'srtp-without-key', text, source: 'RFC 4568 §7.1' })
  }
}

function judgeCryptos(
  { cryptos, profile }: StreamSecurity,
  { side, signalling }: Context,
  { add }: FindingList,
): void {
  const usable = cryptos.filter(({ kind }) => kind === 'usable')
  // What is found out too late stays found out: the key has travelled, whether it is then used or not (D6).
  if (signalling !== 'tls') {
    const text = `${side}: SDES keys over ${signalling.toUpperCase()} can be read by everybody on the way; they need TLS`
    add({ weight: 'broken', rule: 'sdes-in-clear', text, source: 'RFC 4568 §8.1' })
  }
  for (const crypto of cryptos) {
    if (crypto.kind !== 'malformed') continue
    const text = `${side}: an a=crypto can't be used: ${crypto.problem}`
    const weight = usable.length === 0 ? 'broken' : 'deviation'
    add({ weight, rule: 'crypto-malformed', text, source: 'RFC 4568 §9' })
  }
  if (profile.kind === 'srtp' && usable.length === 0) {
    const text = `${side}: none of its crypto suites can be used`
    add({ weight: 'broken', rule: 'no-crypto-suite', text, source: 'RFC 4568 §7.1' })
  }
  if (profile.kind === 'rtp') {
    const text = `${side}: keys beside RTP/AVP, which promises no encryption (best effort)`
    add({ weight: 'deviation', rule: 'crypto-beside-avp', text, source: 'RFC 4568 §7.1' })
  }
}

function judgeFingerprints(
  { fingerprints, setup }: StreamSecurity,
  { side }: Context,
  { add }: FindingList,
): void {
  const source = 'RFC 5763 §5'
  const readable = fingerprints.filter((print) => print !== undefined)
  if (readable.length === 0) {
    const text =
      fingerprints.length === 0
        ? `${side}: DTLS-SRTP without a=fingerprint`
        : `${side}: its a=fingerprint can't be read`
    add({ weight: 'broken', rule: 'fingerprint-missing', text, source })
  }
  if (readable.length > 0 && readable.every(({ hash }) => /^(md|sha-1$)/.test(hash))) {
    const text = `${side}: the certificate is named by ${readable[0]?.hash} only, which can be forged`
    add({ weight: 'note', rule: 'fingerprint-weak', text, source: 'RFC 8122 §5' })
  }
  if (setup === undefined) {
    const text = `${side}: DTLS-SRTP without a=setup, so nobody knows who begins`
    add({ weight: 'deviation', rule: 'setup-missing', text, source })
  }
}
