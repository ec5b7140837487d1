import type { Random } from '../kernel/random.ts'
import type { GatewayAddress, OfferedCall, Side } from './estate.ts'
import { sides } from './estate.ts'

/** One record of an answer, as a carrier uses it. */
export type FoundRecord =
  | {
      readonly type: 'SRV'
      readonly priority: number
      readonly weight: number
      readonly port: number
      readonly target: string
    }
  | { readonly type: 'CNAME' | 'A' | 'AAAA'; readonly value: string }

/** Records of a name; empty when there are none or nobody answers. At once where the answer is cached. */
export type LookUp = (
  name: string,
  type: 'SRV' | 'CNAME' | 'A' | 'AAAA',
) => readonly FoundRecord[] | Promise<readonly FoundRecord[]>

/** What a gateway does with an INVITE. `taken`: from here on the platform answers for the call. */
export type InviteAnswer =
  | { readonly kind: 'taken' }
  | { readonly kind: 'rejected'; readonly status: number; readonly reason: string }
  | { readonly kind: 'silent' }

export type Gateways = Readonly<Record<Side, GatewayAddress>>

/** RFC 3263 §4.3 and RFC 3261 §21.5: answers after which a client tries the next target. */
const nextTargetStatuses = new Set([408, 480, 503, 504])
export const mayTryNext = (status: number) => nextTargetStatuses.has(status)

/**
 * Gateways in the order in which a client tries them: by priority, within it drawn by weight (RFC 2782).
 * `none` stands for a target that is no gateway of this world.
 */
export function orderTargets(
  records: readonly FoundRecord[],
  gateways: Gateways,
  random: Random,
): readonly (Side | 'none')[] {
  const services = records.filter((record) => record.type === 'SRV')
  if (services.length === 0) return records.map((record) => sideOf(record, gateways))
  const rest = [...services].sort((a, b) => a.priority - b.priority)
  const ordered: (Side | 'none')[] = []
  while (rest.length > 0) {
    const peers = rest.filter(({ priority }) => priority === rest[0]?.priority)
    const chosen = drawByWeight(peers, random)
    if (chosen === undefined) break
    rest.splice(rest.indexOf(chosen), 1)
    ordered.push(sideOf(chosen, gateways))
  }
  return ordered
}

function drawByWeight<T extends { readonly weight: number }>(
  peers: readonly T[],
  random: Random,
): T | undefined {
  if (peers.length < 2) return peers[0]
  const total = peers.reduce((sum, { weight }) => sum + weight, 0)
  let point = random.next() * total
  for (const peer of peers) {
    point -= peer.weight
    if (point < 0) return peer
  }
  return peers[0]
}

function sideOf(record: FoundRecord, gateways: Gateways): Side | 'none' {
  const found = sides.find((side) => {
    const { host, address, port } = gateways[side]
    if (record.type !== 'SRV') return record.value === host || record.value === address
    return record.target === host && record.port === port
  })
  return found ?? 'none'
}

/** What a carrier needs of the world around it. */
export interface CarrierSurroundings {
  readonly invite: (call: OfferedCall, side: Side) => InviteAnswer
  /** Calls `then` after the time a carrier waits for a silent gateway. */
  readonly waitOut: (then: () => void) => void
  readonly attempted: (call: OfferedCall, side: Side | 'none', answer: string) => void
  /** No gateway took it. */
  readonly failed: (call: OfferedCall) => void
}

/** Offers a call to one gateway after the other until one takes it. */
export function placeCall(
  call: OfferedCall,
  targets: readonly (Side | 'none')[],
  around: CarrierSurroundings,
): void {
  const [side, ...rest] = targets
  if (side === undefined) {
    around.failed(call)
    return
  }
  const answer: InviteAnswer = side === 'none' ? { kind: 'silent' } : around.invite(call, side)
  switch (answer.kind) {
    case 'taken':
      around.attempted(call, side, 'taken')
      return
    case 'silent':
      around.attempted(call, side, 'silence')
      around.waitOut(() => placeCall(call, rest, around))
      return
    case 'rejected':
      around.attempted(call, side, `${answer.status} ${answer.reason}`)
      placeCall(call, mayTryNext(answer.status) ? rest : [], around)
  }
}
