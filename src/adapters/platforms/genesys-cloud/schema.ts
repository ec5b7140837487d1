import { z } from 'zod'

/*
 * The fields of Genesys Cloud's answers that the adapter reads, and no others: a field that Genesys adds
 * must not break a cutover. What is written back whole (PUT with `version`) is loose, so that nothing of it is lost.
 */

export const nothing = z.unknown()

export const token = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive(),
})

export const tokenRefusal = z.object({ error: z.string() })

const reference = z.object({ id: z.string(), name: z.string().optional() })
const looseReference = z.looseObject({ id: z.string(), name: z.string().optional() })

/** `{"value": {"instance": …}}`, how trunk settings hold what was set. */
export const trunkProperty = z.object({ value: z.object({ instance: z.unknown() }) })

export const trunkBase = z.looseObject({
  id: z.string(),
  name: z.string(),
  version: z.number().optional(),
  state: z.string().optional(),
  trunkType: z.string(),
  managed: z.boolean().default(false),
  trunkMetabase: looseReference,
  // Left as they come: they are put back whole, also those that are shaped otherwise.
  properties: z.record(z.string(), z.unknown()).default({}),
})
export type TrunkBase = z.output<typeof trunkBase>

/** The skeleton of a new trunk: has no id yet. */
export const trunkTemplate = z.looseObject({
  properties: z.record(z.string(), z.unknown()).default({}),
})

export const metabase = z.object({ id: z.string() })

export const trunkInstance = z.object({
  inService: z.boolean().default(false),
  enabled: z.boolean().default(true),
  connectedStatus: z.object({ connected: z.boolean().optional() }).nullish(),
  optionsStatus: z
    .array(
      z.object({
        proxyAddress: z.string().default('?'),
        optionState: z.boolean().optional(),
      }),
    )
    .default([]),
})
export type TrunkInstance = z.output<typeof trunkInstance>

export const ivr = z.looseObject({
  id: z.string(),
  name: z.string(),
  version: z.number().optional(),
  state: z.string().optional(),
  dnis: z.array(z.string()).nullish(),
  openHoursFlow: looseReference.nullish(),
})
export type Ivr = z.output<typeof ivr>

export const didPool = z.object({
  id: z.string(),
  startPhoneNumber: z.string(),
  endPhoneNumber: z.string(),
  state: z.string().optional(),
})
export type DidPool = z.output<typeof didPool>

/** One number of a pool, with what has it: a user, a phone, a group or a call route. */
export const didNumber = z.object({
  number: z.string(),
  assigned: z.boolean().optional(),
  owner: reference.nullish().transform((owner) => owner ?? undefined),
  ownerType: z
    .string()
    .nullish()
    .transform((ownerType) => ownerType ?? undefined),
})
export type DidNumber = z.output<typeof didNumber>

export const queue = z.object({
  id: z.string(),
  name: z.string(),
  memberCount: z.number().optional(),
})

export const queueMember = z.object({ id: z.string(), joined: z.boolean().optional() })

export const user = z.object({
  id: z.string(),
  email: z.string().optional(),
  username: z.string().optional(),
})

export const userSearch = z.object({
  results: z.array(user).default([]),
  pageCount: z.number().default(1),
})

const presenceDefinition = z.object({
  id: z.string().optional(),
  systemPresence: z.string().optional(),
})

export const userState = z.object({
  id: z.string(),
  presence: z.object({ presenceDefinition: presenceDefinition.optional() }).nullish(),
  routingStatus: z.object({ status: z.string().optional() }).nullish(),
})
export type UserState = z.output<typeof userState>

export const presence = z.object({
  id: z.string(),
  systemPresence: z.string().optional(),
  type: z.string().optional(),
  deactivated: z.boolean().default(false),
})
export type Presence = z.output<typeof presence>

export const phone = z.object({
  id: z.string(),
  name: z.string().optional(),
  webRtcUser: reference.nullish(),
  lines: z
    .array(z.object({ loggedInUser: reference.nullish(), defaultForUser: reference.nullish() }))
    .default([]),
  status: z
    .object({
      operationalStatus: z.string().optional(),
      lineStatuses: z.array(z.object({ reachable: z.boolean().optional() })).default([]),
    })
    .nullish(),
})
export type Phone = z.output<typeof phone>

export const licenceUser = z.object({ licenses: z.array(z.object({ id: z.string() })).default([]) })

const licenceNames = z.array(
  z.union([z.string(), z.object({ id: z.string() }).transform(({ id }) => id)]),
)
/**
 * By user. The document says no more than "object", so each shape that is seen is taken, and whoever is not
 * understood is undefined: to be asked for alone, where the shape is documented.
 */
export const licencesByUser = z.record(
  z.string(),
  z
    .union([
      licenceNames,
      z.object({ licenses: licenceNames }).transform(({ licenses }) => licenses),
    ])
    .optional()
    .catch(undefined),
)

/** One user of the listing of all, where the shape is documented. */
export const licensedUser = z.object({
  id: z.string(),
  licenses: z.array(z.string()).optional(),
})

export const licenceDefinitions = z.array(z.object({ id: z.string() }))

export const dataTable = z.object({ id: z.string(), name: z.string() })

/** Columns by name, as JSON Schema has them. */
export const tableWithColumns = z.object({
  schema: z
    .object({
      properties: z.record(z.string(), z.object({ type: z.string().optional() })).default({}),
    })
    .optional(),
})

export const shareRow = z.object({
  boundary: z.number(),
  salt: z.string(),
  policyVersion: z.number(),
  epoch: z.number(),
})

export const site = z.object({ id: z.string(), name: z.string().optional() })

export const outboundRoute = z.looseObject({
  id: z.string(),
  name: z.string(),
  version: z.number().optional(),
  state: z.string().optional(),
  enabled: z.boolean().default(true),
  classificationTypes: z.array(z.string()),
  externalTrunkBases: z.array(looseReference).default([]),
})
export type RouteOfSite = z.output<typeof outboundRoute>

const statistics = z.object({ count: z.number().optional(), sum: z.number().optional() })
const metric = z.object({
  metric: z.string(),
  qualifier: z.string().optional(),
  stats: statistics.optional(),
})

export const aggregates = z.object({
  results: z
    .array(
      z.object({ data: z.array(z.object({ metrics: z.array(metric).default([]) })).default([]) }),
    )
    .default([]),
})
export type Aggregates = z.output<typeof aggregates>

export const observations = z.object({
  results: z.array(z.object({ data: z.array(metric).default([]) })).default([]),
})
export type Observations = z.output<typeof observations>

export const conversations = z.object({
  totalHits: z.number().optional(),
  conversations: z
    .array(
      z.object({
        conversationId: z.string(),
        participants: z
          .array(
            z.object({
              sessions: z
                .array(
                  z.object({
                    protocolCallId: z.string().optional(),
                    dnis: z.string().optional(),
                    sessionDnis: z.string().optional(),
                  }),
                )
                .default([]),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
})
export type Conversations = z.output<typeof conversations>

export const subject = z.object({
  name: z.string().optional(),
  grants: z
    .array(
      z.object({
        role: z
          .object({
            policies: z
              .array(
                z.object({
                  domain: z.string().default(''),
                  entityName: z.string().default(''),
                  actions: z.array(z.string()).default([]),
                }),
              )
              .default([]),
          })
          .optional(),
      }),
    )
    .default([]),
})
export type Subject = z.output<typeof subject>

export const tokenInfo = z.object({
  organization: z.object({ id: z.string().optional(), name: z.string().optional() }).nullish(),
})

export const products = z.object({ entities: z.array(z.object({ id: z.string() })).default([]) })

export const limits = z.object({
  entities: z.array(z.object({ key: z.string(), value: z.number().optional() })).default([]),
})

export const serverDate = z.object({
  currentDate: z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'is no date'),
})
