import { z } from 'zod'

/** What is asked of a run. */
export const AskRun = z.strictObject({
  verb: z.string().min(1),
  by: z.string().min(1).describe('Who asks. Taken as it is said: there is no sign-in yet'),
  reason: z.string().min(1).optional(),
  secondPerson: z.string().min(1).optional().describe('Who approves, where two people are needed'),
  step: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Of `confirm`: key of the step that was done by hand; of `retry` and `skip`: of the step that is meant. Refused when the run is not at it. Absent: the one that is `open`, if it is the only one',
    ),
  typed: z.string().optional().describe('Of `confirm`: what was typed'),
  asOf: z
    .int()
    .min(1)
    .optional()
    .describe(
      '`entries` of the run as it was shown to whoever asks. Given, a `confirm` is refused when the run has asked for something else since, and a `skip` when it has turned back since',
    ),
})
export type AskRun = z.output<typeof AskRun>

/** The run’s answer, as its journal has it; or that nobody has answered yet. */
export const Answer = z.discriminatedUnion('answered', [
  z.object({
    answered: z.literal(true),
    run: z.string(),
    granted: z.boolean(),
    because: z.string(),
  }),
  z.object({
    answered: z.literal(false),
    run: z.string(),
    request: z.string().describe('On record: whoever takes the run up answers it first'),
  }),
])
export type Answer = z.output<typeof Answer>
