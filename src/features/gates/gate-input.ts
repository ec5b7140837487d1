import { z } from 'zod'
import type { StepContext } from '../../engine/step.ts'
import { platformId } from '../../kernel/ids.ts'
import type { Metrics, Triggers } from './ports.ts'

export const scopeInput = z.object({
  site: z.string().min(1),
  platform: z.string().min(1).transform(platformId),
  queues: z.array(z.string()),
  numbers: z.array(z.string()),
  testCaller: z.string().min(1),
  testCallers: z.array(z.string().min(1)).default([]),
  neverHost: z.string().min(1).optional(),
})

export type MetricsContext = StepContext<{ readonly metrics: Metrics }>
export type TriggerContext = StepContext<{
  readonly metrics: Metrics
  readonly triggers: Triggers
}>
