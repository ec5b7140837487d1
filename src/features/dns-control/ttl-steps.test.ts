import { describe, expect, it } from 'vitest'
import { checkContext } from '../../../test/contracts/check-context.ts'
import { itKeepsTheStepLaws } from '../../../test/contracts/step-laws.ts'
import { zoneHolding } from '../../../test/contracts/step-worlds.ts'
import { recordName } from '../../kernel/ids.ts'
import { seconds } from '../../kernel/units.ts'
import { lowerTtlStep } from './lower-ttl-step.ts'
import type { RecordSet } from './ports.ts'
import { restoreTtlStep } from './restore-ttl-step.ts'

const name = recordName('_sip._tcp.dallas.example')
const record: RecordSet = { name, type: 'SRV', ttl: seconds(3600), values: ['10 5 5061 edge-1'] }
type Zone = ReturnType<typeof zoneHolding>

const example = {
  snapshot: ({ held }: Zone) => [...held],
  meddle: {
    act: ({ held }: Zone) => held.set(name, { ...record, ttl: seconds(777), values: ['theirs'] }),
    look: ({ held }: Zone) => held.get(name),
  },
  blockWayBack: ({ rights }: Zone) => {
    rights.write = false
  },
}

itKeepsTheStepLaws(lowerTtlStep, {
  ...example,
  input: { record: name, type: 'SRV', ttl: 300 },
  arrange: () => zoneHolding(record),
})

itKeepsTheStepLaws(restoreTtlStep, {
  ...example,
  input: { record: name, type: 'SRV', ttl: 3600 },
  arrange: () => zoneHolding({ ...record, ttl: seconds(300) }),
})

describe('dns.lower-ttl', () => {
  it('W1.1 refuses a TTL under 60 s without an override', () => {
    const tooLow = { record: 'sip.example.com', type: 'A', ttl: 30 }

    expect(lowerTtlStep.input.safeParse(tooLow).success).toBe(false)
    expect(lowerTtlStep.input.safeParse({ ...tooLow, override: 'lab' }).success).toBe(true)
  })

  it('W1.1 undoing puts the TTL back and leaves values that a later step moved on', async () => {
    const { dns, held } = zoneHolding({ ...record, ttl: seconds(300), values: ['moved on'] })
    const context = contextOf(dns)

    await lowerTtlStep.undo({ record: name, type: 'SRV', ttl: seconds(300) }, record, context)

    expect(held.get(name)).toEqual({ ...record, values: ['moved on'] })
  })

  it('an absent record is an error that names it', async () => {
    const { dns } = zoneHolding()
    const input = { record: name, type: 'SRV', ttl: seconds(300) } as const

    await expect(lowerTtlStep.observe(input, contextOf(dns))).rejects.toMatchObject({
      code: 'dns.no-record',
    })
  })
})

function contextOf(dns: Zone['dns']) {
  return checkContext({ dns })
}
