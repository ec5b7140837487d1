import type { FindingList } from './judgement.ts'
import {
  type CryptoAttribute,
  type Profile,
  type StreamSecurity,
  setupAnswers,
} from './security.ts'

interface Sides<Value> {
  readonly offered: Value
  readonly answered: Value
}

type Usable = Extract<CryptoAttribute, { kind: 'usable' }>

/** Transport profile, keys and fingerprints of an accepted stream against those of its offer. */
export function judgeSecurity(
  sides: Sides<StreamSecurity>,
  protocols: Sides<string>,
  findings: FindingList,
): void {
  if (protocols.offered.toUpperCase() !== protocols.answered.toUpperCase()) {
    judgeProfiles(sides, protocols, findings)
  }
  judgeCryptos(sides, findings)
  if (sides.answered.profile.kind === 'dtls-srtp') judgeSetup(sides, findings)
}

const isEncrypted = ({ kind }: Profile) => kind === 'srtp' || kind === 'dtls-srtp'

function judgeProfiles(
  { offered, answered }: Sides<StreamSecurity>,
  protocols: Sides<string>,
  { add }: FindingList,
): void {
  const what = `${protocols.offered} was offered, ${protocols.answered} is answered`
  const source = 'RFC 3264 §6'
  if (isEncrypted(offered.profile) && answered.profile.kind === 'rtp') {
    const text = `${what}: the media would go in clear`
    add({ weight: 'broken', rule: 'encryption-dropped', text, source })
    return
  }
  const sameKind = offered.profile.kind === answered.profile.kind
  const known = offered.profile.kind !== 'unknown'
  const bestEffort =
    offered.profile.kind === 'rtp' && answered.profile.kind === 'srtp' && offered.cryptos.length > 0
  const weight = (sameKind && known) || bestEffort ? 'deviation' : 'broken'
  add({ weight, rule: 'profile-changed', text: what, source })
}

const usableOf = ({ cryptos }: StreamSecurity) =>
  cryptos.filter((crypto): crypto is Usable => crypto.kind === 'usable')

function judgeCryptos({ offered, answered }: Sides<StreamSecurity>, { add }: FindingList): void {
  const source = 'RFC 4568 §5.1.2'
  const answers = usableOf(answered)
  const offers = usableOf(offered)
  const bestEffort = offered.profile.kind === 'rtp' && offers.length > 0
  if (bestEffort && answered.profile.kind === 'rtp' && answered.cryptos.length === 0) {
    const text = 'keys were offered and none is answered: the media goes in clear'
    add({ weight: 'note', rule: 'in-clear', text, source })
  }
  if (answers.length > 1) {
    const text = 'the answer has several a=crypto; exactly one is taken'
    add({ weight: 'deviation', rule: 'several-cryptos', text, source })
  }
  for (const { tag, suite } of answers.slice(0, 1)) {
    const match = offers.find((crypto) => crypto.tag === tag)
    if (match === undefined) {
      const text = `the answer takes crypto ${tag}, which was not offered`
      add({ weight: 'broken', rule: 'crypto-not-offered', text, source })
    } else if (match.suite !== suite) {
      const text = `crypto ${tag} was offered as ${match.suite} and is answered as ${suite}`
      add({ weight: 'broken', rule: 'crypto-changed', text, source })
    }
  }
}

function judgeSetup({ offered, answered }: Sides<StreamSecurity>, { add }: FindingList): void {
  if (offered.setup === undefined || answered.setup === undefined) return
  const allowed: readonly string[] = setupAnswers[offered.setup]
  if (allowed.includes(answered.setup)) return
  const text = `setup:${offered.setup} is answered with setup:${answered.setup}: both wait, or both begin`
  add({ weight: 'broken', rule: 'setup-conflict', text, source: 'RFC 5763 §5' })
}
