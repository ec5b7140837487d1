import { z } from 'zod'
import { PlanFile } from './plan-schema.ts'

/** JSON Schema (draft 2020-12) of the plan file, for editors: what people write, not what becomes of it. */
export function planJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(PlanFile, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const free = zodSchema._zod.def.type === 'string' && jsonSchema.pattern === undefined
      if (!free || jsonSchema.type !== 'string') return
      // Without quotes YAML reads `+12145550100` and an extension as numbers; the plan's reader takes both.
      delete jsonSchema.type
      jsonSchema.anyOf = [{ type: 'string' }, { type: 'number' }]
    },
  })
  return { $schema, title: 'Changeover plan', ...schema }
}
