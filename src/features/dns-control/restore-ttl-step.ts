import { z } from 'zod'
import { defineStep } from '../../engine/step.ts'
import { ttlChange } from './change-ttl.ts'
import { recordInput, secondsInput } from './record-input.ts'

const RestoreTtl = z.object({ ...recordInput, ttl: secondsInput })
type RestoreTtl = z.output<typeof RestoreTtl>

/** Gives a record its everyday TTL back once the cutover is over; its values stay (W1.1). */
export const restoreTtlStep = defineStep({
  ...ttlChange((served, wanted) => served === wanted),
  kind: 'dns.restore-ttl',
  input: RestoreTtl,
  describe: ({ record, type, ttl }: RestoreTtl) =>
    `set the TTL of ${record} ${type} back to ${ttl} s`,
})
