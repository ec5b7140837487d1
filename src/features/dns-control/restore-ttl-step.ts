import { z } from 'zod'
import { defineStep } from '../../engine/step.ts'
import { ms } from '../../kernel/units.ts'
import {
  ttlEffect,
  ttlForeseen,
  ttlFoundOtherwise,
  ttlWayBack,
  undoTtl,
  verifyTtl,
  verifyTtlUndone,
} from './change-ttl.ts'
import type { RecordSet } from './ports.ts'
import { type DnsContext, readRecord, recordInput, secondsInput } from './record-input.ts'

const RestoreTtl = z.object({ ...recordInput, ttl: secondsInput })
type RestoreTtl = z.output<typeof RestoreTtl>

/** Gives a record its everyday TTL back once the cutover is over; its values stay (W1.1). */
export const restoreTtlStep = defineStep({
  kind: 'dns.restore-ttl',
  type: 'change',
  reversibility: 'instant',
  input: RestoreTtl,
  cost: () => 8,
  describe: ({ record, type, ttl }) => `set the TTL of ${record} ${type} back to ${ttl} s`,
  estimate: () => ms(10_000),
  estimateUndo: () => ms(10_000),

  observe: (input: RestoreTtl, context: DnsContext): Promise<RecordSet> =>
    readRecord(input, context),
  isDone: (input, { ttl }) => ttl === input.ttl,
  effect: ttlEffect,
  leaves: {
    thing: ({ record, type }) => `TTL of ${record} ${type}`,
    after: ({ ttl }, before) => ({ ...before, ttl }),
  },
  foreseen: ttlForeseen,
  act: (input, before, context) =>
    context.ports.dns
      .provider(input.record)
      .replaceRecord(before, { ...before, ttl: input.ttl }, context),
  verify: (input, context) => verifyTtl(input, (ttl) => ttl === input.ttl, context),
  wayBack: ttlWayBack,
  undo: undoTtl,
  verifyUndone: verifyTtlUndone,
  foundOtherwise: (input, { direction, before }, context) =>
    ttlFoundOtherwise(
      input,
      (ttl) => (direction === 'forward' ? ttl === input.ttl : ttl === before.ttl),
      context,
    ),
})
