import { z } from 'zod'
import { defineCheck, type Verification } from '../../engine/step.ts'
import { ms } from '../../kernel/units.ts'
import { compareTrunks, describeDifference, type TrunkDifference } from './compare-trunks.ts'
import {
  type PlatformContext,
  platformInput,
  readTrunk,
  specOf,
  trunkSpecInput,
} from './trunk-input.ts'

const MirrorTrunk = z.object({
  platform: platformInput,
  spec: trunkSpecInput,
  /** The legacy trunk that is mirrored: its differences are shown, they decide nothing. */
  source: z.object({ platform: platformInput, trunk: z.string().min(1) }).optional(),
})
type MirrorTrunk = z.output<typeof MirrorTrunk>

/** Shows in what the target's trunk differs from the plan and from the legacy one (W2.1). */
export const mirrorTrunkCheck = defineCheck({
  kind: 'trunk.mirror',
  type: 'check',
  input: MirrorTrunk,
  describe: ({ platform, spec }: MirrorTrunk) => `compare trunk ${spec.name} at ${platform}`,
  estimate: () => ms(5000),

  async verify(input, context: PlatformContext): Promise<Verification> {
    const { platform, spec, source } = input
    const target = specOf(await readTrunk({ platform, trunk: spec.name }, context))
    const differences = compareTrunks(spec, target)
    const wrong = differences.filter(({ matters }) => matters)
    if (wrong.length > 0) return { kind: 'failed', because: `${spec.name} differs: ${list(wrong)}` }
    const legacy =
      source === undefined ? [] : compareTrunks(specOf(await readTrunk(source, context)), target)
    const shown = [
      differences.length === 0 ? `${spec.name} is as planned` : `not shown: ${list(differences)}`,
      ...(legacy.length === 0 ? [] : [`against ${source?.trunk}: ${list(legacy)}`]),
    ]
    return { kind: 'verified', seen: shown.join('; ') }
  },
})

function list(differences: readonly TrunkDifference[]): string {
  return differences.map(describeDifference).join('; ')
}
