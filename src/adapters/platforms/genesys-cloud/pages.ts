import { z } from 'zod'
import {
  dataTable,
  didNumber,
  didPool,
  ivr,
  licensedUser,
  metabase,
  outboundRoute,
  phone,
  presence,
  queue,
  queueMember,
  site,
  trunkBase,
  trunkInstance,
  userState,
} from './schema.ts'

/** One page of a listing: `pageCount` where Genesys counts, `nextUri` where it doesn't (contract §2.1). */
export interface Page<Item> {
  readonly entities: readonly Item[]
  readonly pageCount?: number | undefined
  readonly nextUri?: string | null | undefined
}

function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    entities: z.array(item).default([]),
    pageCount: z.number().optional(),
    nextUri: z.string().nullish(),
  })
}

/** Pages of every listing that is read. Built once: zod takes longer to build a schema than to parse a page by it. */
export const pages = {
  dataTables: pageOf(dataTable),
  didNumbers: pageOf(didNumber),
  didPools: pageOf(didPool),
  ivrs: pageOf(ivr),
  licensedUsers: pageOf(licensedUser),
  metabases: pageOf(metabase),
  outboundRoutes: pageOf(outboundRoute),
  phones: pageOf(phone),
  presences: pageOf(presence),
  queueMembers: pageOf(queueMember),
  queues: pageOf(queue),
  sites: pageOf(site),
  trunkBases: pageOf(trunkBase),
  trunkInstances: pageOf(trunkInstance),
  userStates: pageOf(userState),
}
