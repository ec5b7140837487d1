import { z } from 'zod'

/*
 * What Kamailio's JSON-RPC answers, as far as it is read (contract/README §4.7), and the REST contract of a
 * PBX's agents, which is ours (README.md here).
 */

export const rpcError = z.object({
  error: z.object({ code: z.number().optional(), message: z.string().default('') }),
})

const destination = z.object({ DEST: z.object({ URI: z.string(), FLAGS: z.string() }) })

export const dispatcherList = z.object({
  RECORDS: z
    .array(z.object({ SET: z.object({ ID: z.number(), TARGETS: z.array(destination) }) }))
    .default([]),
})
export type DispatcherList = z.output<typeof dispatcherList>

export const dialogStatistics = z.object({ all: z.number() })

/** `state` 5 is over, but still in memory for a few seconds. */
export const dialogs = z
  .array(z.object({ state: z.number(), to_uri: z.string().default('') }))
  .nullish()
  .transform((listed) => listed ?? [])
export type Dialogs = z.output<typeof dialogs>

export const uptime = z.object({ now: z.string() })

export const anything = z.unknown()

export const pbxAgent = z.object({
  extension: z.string(),
  queues: z.array(z.string()),
  signedIn: z.boolean(),
})
export type PbxAgent = z.output<typeof pbxAgent>

export const pbxAgents = z.object({ agents: z.array(pbxAgent) })
