import { z } from 'zod'
import { defineStep, type Verification } from '../../engine/step.ts'
import { ms } from '../../kernel/units.ts'
import { askWayBack, PlatformConflictError, type Trunk, type TrunkSpec } from '../platform/index.ts'
import { compareTrunks, type TrunkDifference } from './compare-trunks.ts'
import {
  type PlatformContext,
  platformInput,
  specOf,
  switchOf,
  trunkSpecInput,
} from './trunk-input.ts'

const ProvisionTrunk = z.object({ platform: platformInput, spec: trunkSpecInput })
type ProvisionTrunk = z.output<typeof ProvisionTrunk>

interface ProvisionState {
  readonly trunk: Trunk | null
}

/** Creates the target's trunk, standby, as the plan describes it (W2.1). */
export const provisionTrunkStep = defineStep({
  kind: 'trunk.provision',
  type: 'change',
  reversibility: 'instant',
  input: ProvisionTrunk,
  cost: () => 8,
  describe: ({ platform, spec }) => `provision trunk ${spec.name} at ${platform}, standby`,
  estimate: () => ms(20_000),
  estimateUndo: () => ms(20_000),

  observe: async (input: ProvisionTrunk, context: PlatformContext): Promise<ProvisionState> => ({
    trunk: (await find(input, context)) ?? null,
  }),
  isDone: ({ spec }, { trunk }) => trunk !== null && differs(spec, trunk).length === 0,
  trace({ spec }, { trunk }) {
    if (trunk === null) return 'none'
    return differs(spec, trunk).length === 0 ? 'all' : 'some'
  },
  effect({ spec }, { trunk }) {
    if (trunk !== null) return differs(spec, trunk).map(describeChange).join('; ')
    const { codecs, transport, callerId, allowList } = spec
    const identity = callerId === undefined ? 'caller id untouched' : `caller id ${callerId}`
    const allowed = allowList.length === 0 ? 'no allow-list' : `allows ${allowList.join(', ')}`
    return `new trunk, off: ${transport}, ${codecs.join(' ')}, ${identity}, ${allowed}`
  },

  // What is there keeps its switch, which whoever asks can read for himself.
  foretells: ({ platform, spec }, { trunk }) =>
    trunk === null ? { [switchOf(platform, spec.name)]: ['off'] } : {},

  async act(input, before, context) {
    refuseManaged(before.trunk)
    await trunks(input, context).provision(input.spec, context)
  },

  async verify(input, context): Promise<Verification> {
    const trunk = await find(input, context)
    if (trunk === undefined) return { kind: 'not-yet', because: `no trunk ${input.spec.name} yet` }
    const open = differs(input.spec, trunk)
    if (open.length > 0)
      return {
        kind: 'not-yet',
        because: `not yet as asked: ${open.map(({ what }) => what).join(', ')}`,
      }
    return {
      kind: 'verified',
      seen: `${trunk.name} is there, ${trunk.enabled ? 'armed' : 'standby'}`,
    }
  },

  wayBack(input, before, context) {
    if (before.trunk?.managed === true) {
      const because = `trunk ${input.spec.name} belongs to the vendor`
      return Promise.resolve({ kind: 'blocked', because })
    }
    const { platform, spec } = input
    const inverse = before.trunk === null ? `remove trunk ${spec.name}` : `set ${spec.name} back`
    const operations = before.trunk === null ? ['trunks.remove'] : ['trunks.provision']
    const probe = () => find(input, context)
    const question = { platform, operations, inverse, probe }
    return askWayBack(context.ports.platforms, question, context.signal)
  },

  async undo(input, before, context) {
    const current = await find(input, context)
    if (current === undefined || isAsBefore(before.trunk, current)) return
    if (differs(input.spec, current).length > 0)
      throw new PlatformConflictError(`trunk ${current.name} was changed since it was provisioned`)
    if (before.trunk !== null) {
      await trunks(input, context).provision(specOf(before.trunk), context)
      return
    }
    if (current.enabled)
      throw new PlatformConflictError(`trunk ${current.name} was armed by somebody else`)
    await trunks(input, context).remove(current.name, context)
  },

  async verifyUndone(input, before, context): Promise<Verification> {
    const current = (await find(input, context)) ?? null
    const back = current === null ? before.trunk === null : isAsBefore(before.trunk, current)
    if (!back) return { kind: 'not-yet', because: `trunk ${input.spec.name} is not yet as it was` }
    return {
      kind: 'verified',
      seen: current === null ? 'the trunk is gone' : 'the trunk is as it was',
    }
  },
})

const trunks = (input: ProvisionTrunk, { ports }: PlatformContext) =>
  ports.platforms.port(input.platform, 'trunks')

const find = (input: ProvisionTrunk, context: PlatformContext) =>
  trunks(input, context).find(input.spec.name, context.signal)

/** What the platform does not show is the mirror's to list; it stops nothing. */
function differs(spec: TrunkSpec, trunk: Trunk) {
  return compareTrunks(spec, specOf(trunk)).filter(({ matters }) => matters)
}

const describeChange = ({ what, found, wanted }: TrunkDifference) => `${what} ${found} → ${wanted}`

function isAsBefore(before: Trunk | null, current: Trunk): boolean {
  return before !== null && compareTrunks(specOf(before), specOf(current)).length === 0
}

function refuseManaged(trunk: Trunk | null): void {
  if (trunk?.managed === true)
    throw new PlatformConflictError(`trunk ${trunk.name} belongs to the vendor; it is left alone`)
}
