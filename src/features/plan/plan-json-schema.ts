import { z } from 'zod'
import { PlanFile } from './plan-schema.ts'

/** JSON Schema (draft 2020-12) of the plan file, for editors: what people write, not what becomes of it. */
export function planJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(PlanFile, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      // Without quotes YAML reads `+12145550100` and an extension as numbers; the plan's reader takes both.
      if (
        zodSchema._zod.def.type === 'string' &&
        jsonSchema.type === 'string' &&
        jsonSchema.pattern === undefined
      )
        jsonSchema.type = ['string', 'number'] as never
    },
  })
  return { $schema, title: 'Changeover plan', ...schema }
}
