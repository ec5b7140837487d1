import { z } from 'zod'

/** Instants are world time, in milliseconds since 1970 (UTC): in a lab they are the lab's. */
const Instant = z.number().describe('world time')

const Direction = z.enum(['forward', 'back'])
const Paused = z.object({
  by: z.string(),
  until: Instant.optional().describe('Of a `hold`: then it rolls back'),
})

export const RunSummary = z.object({
  run: z.string(),
  runbook: z.string().describe('Kind and name: `wave dallas`'),
  createdAt: Instant,
  outcome: z.enum(['done', 'back', 'cancelled']).optional(),
  holder: z
    .string()
    .optional()
    .describe('The process that has it this moment; between two looks nobody has'),
  wakeAt: Instant.describe('When it wants to be looked at again'),
  entries: z.number(),
  direction: Direction.optional().describe('Of a run that has not ended'),
  paused: Paused.optional().describe('An operator stopped it'),
  held: z
    .array(z.object({ step: z.string().optional(), because: z.string() }))
    .optional()
    .describe(
      'Of a run that has not ended: what asks for a person. Without `step`: after a promotion, the run as a whole',
    ),
})
export type RunSummary = z.output<typeof RunSummary>

export const Step = z.object({
  key: z.string(),
  kind: z.string(),
  title: z.string(),
  visited: z.enum(['forward', 'back', 'both']),
  phase: z
    .string()
    .describe(
      'How far it is: `pending`, `observed`, `ready`, `acting`, `acted`, `verified`, `skipped`, `undoing`, `undone`, `back`',
    ),
  seen: z.string().optional(),
  waitingFor: z.string().optional(),
  heldBecause: z.string().optional(),
  expects: z
    .string()
    .optional()
    .describe('A person is to do it by hand, and to confirm it by typing this'),
  trouble: z
    .object({ code: z.string(), message: z.string(), attempts: z.number() })
    .optional()
    .describe('Why it is not tried just now: an error’s code and sentence'),
})
export type Step = z.output<typeof Step>

export const Run = z.object({
  run: z.string(),
  runbook: z.object({ kind: z.string(), name: z.string(), plan: z.string() }),
  by: z.string(),
  createdAt: Instant,
  now: Instant.describe('The server’s world time as it answered'),
  direction: Direction,
  outcome: z.enum(['done', 'back', 'cancelled']).optional(),
  rollbackBecause: z.string().optional(),
  paused: Paused.optional(),
  readBack: z
    .object({
      from: z.string(),
      to: z.string(),
      because: z
        .string()
        .describe('What was found, or why nothing could be read yet, and what each answer does'),
      lost: z.array(z.string()).describe('Steps that the world shows as made, beyond the journal'),
      undone: z
        .array(z.string())
        .describe('Steps that the world shows as undone, beyond the journal'),
    })
    .optional()
    .describe(
      'The database was promoted and its last commits may be lost: with steps in it the run holds until `resume` or `rollback`; without, it is being read back',
    ),
  entries: z.number(),
  head: z.string().describe('Hash of the journal’s last entry'),
  timeToSafeMs: z
    .number()
    .describe('How long it would take, were it rolled back now, until the last undo is verified'),
  overrides: z.array(z.string()),
  steps: z.array(Step),
  open: z
    .array(z.string())
    .describe(
      'Keys of the steps that `retry` and `skip` may name: the one that it is at, first; on the way back also those passed over',
    ),
})
export type Run = z.output<typeof Run>

export const StartRun = z.strictObject({
  planFile: z
    .string()
    .regex(/^(?:\/|[A-Za-z]:[\\/])/, 'not an absolute path')
    .describe(
      'Where the server reads the plan, and what the plan refers to: an absolute path on the server’s machine',
    ),
  wave: z.string().min(1),
  by: z.string().min(1).describe('Who asks. Taken as it is said: there is no sign-in yet'),
})
export type StartRun = z.output<typeof StartRun>

export const StartedRun = z.object({ run: z.string() })
export type StartedRun = z.output<typeof StartedRun>
