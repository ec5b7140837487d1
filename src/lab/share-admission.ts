import { shareBucket, shareBuckets } from '../kernel/share-bucket.ts'
import type { CloudAdmission, SimulatedCloud } from './cloud.ts'
import type { OfferedCall } from './estate.ts'

type Flow = Extract<CloudAdmission, { kind: 'flow' }>

/** What the target does with a call, its flow's share applied to the caller (D2). */
export type ShareAdmission =
  | Exclude<CloudAdmission, Flow>
  | (Flow & {
      /** The caller's bucket is within the share. */
      readonly isKept: boolean
      /** 0 to 1. */
      readonly keptShare: number
    })

export function admitByShare(
  cloud: SimulatedCloud,
  call: Pick<OfferedCall, 'dnis' | 'caller'>,
): ShareAdmission {
  const admission = cloud.admit(call.dnis)
  if (admission.kind === 'rejected') return admission
  const { share } = admission
  if (share === undefined) return { ...admission, isKept: true, keptShare: 1 }
  return {
    ...admission,
    isKept: shareBucket(call.caller, share.salt) < share.boundary,
    keptShare: share.boundary / shareBuckets,
  }
}
