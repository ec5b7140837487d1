import { z } from 'zod'
import { defineStep, type ReversibleStep, type Verification } from '../../engine/step.ts'
import { ms } from '../../kernel/units.ts'
import { askWayBack, ForbiddenError } from '../platform/index.ts'
import { type PlatformContext, platformInput, readTrunk, switchOf } from './trunk-input.ts'

const SwitchTrunk = z.object({ platform: platformInput, trunk: z.string().min(1) })
type SwitchTrunk = z.output<typeof SwitchTrunk>

interface SwitchState {
  readonly enabled: boolean
  readonly managed: boolean
}

interface SwitchWords<Kind extends string> {
  readonly kind: Kind
  /** What the step makes `enabled`. */
  readonly to: boolean
  readonly does: string
  readonly inverse: string
}

/** Arms a trunk: from then on it can answer, though nothing sends callers there yet (W2.2, D16). */
export const armTrunkStep = defineSwitch({
  kind: 'trunk.arm',
  to: true,
  does: 'arm trunk',
  inverse: 'disarm trunk',
})

/** Fences the source where new calls can really be stopped, at its SBC (D12); its calls in progress go on. */
export const releaseSourceStep = defineSwitch({
  kind: 'source.release',
  to: false,
  does: 'fence the source at trunk',
  inverse: 're-arm the source at trunk',
})

function defineSwitch<Kind extends string>(
  words: SwitchWords<Kind>,
): ReversibleStep<
  Kind,
  SwitchTrunk,
  SwitchState,
  { readonly platforms: PlatformContext['ports']['platforms'] }
> {
  const { to } = words
  return defineStep({
    kind: words.kind,
    type: 'change',
    reversibility: 'instant',
    input: SwitchTrunk,
    cost: () => 8,
    describe: ({ platform, trunk }) => `${words.does} ${trunk} of ${platform}`,
    estimate: () => ms(15_000),
    estimateUndo: () => ms(15_000),

    async observe(input: SwitchTrunk, context: PlatformContext): Promise<SwitchState> {
      const { enabled, managed } = await readTrunk(input, context)
      return { enabled, managed }
    },
    isDone: (_input, { enabled }) => enabled === to,
    effect: ({ trunk }, { enabled }) =>
      `${trunk} ${describeSwitch(enabled)} → ${describeSwitch(to)}`,
    foreseen({ platform, trunk }, now, told) {
      const left = told[switchOf(platform, trunk)]
      return left === undefined ? now : { enabled: left.includes('armed'), managed: false }
    },

    async act(input, _before, context) {
      const { enabled, managed } = await readTrunk(input, context)
      if (managed) throw new ForbiddenError(`trunk ${input.trunk} belongs to the vendor`)
      if (enabled !== to) await set(input, to, context)
    },
    verify: (input, context) => verifySwitch(input, to, context),

    wayBack(input, before, context) {
      if (before.managed)
        return Promise.resolve({ kind: 'blocked', because: `trunk ${input.trunk} is the vendor's` })
      const question = {
        platform: input.platform,
        operations: ['trunks.setEnabled'],
        inverse: `${words.inverse} ${input.trunk} of ${input.platform}`,
        probe: () => readTrunk(input, context),
      }
      return askWayBack(context.ports.platforms, question, context.signal)
    },
    async undo(input, before, context) {
      const { enabled } = await readTrunk(input, context)
      if (enabled !== before.enabled) await set(input, before.enabled, context)
    },
    verifyUndone: (input, before, context) => verifySwitch(input, before.enabled, context),

    // Out of service is the other end's trouble; gates and probes see it.
    async foundOtherwise(input, { direction, before }, context) {
      const trunks = context.ports.platforms.port(input.platform, 'trunks')
      // Gone, since what had made it was undone too, it is off.
      const enabled = (await trunks.find(input.trunk, context.signal))?.enabled ?? false
      const wanted = direction === 'forward' ? to : before.enabled
      return enabled === wanted ? undefined : `trunk ${input.trunk} is ${describeSwitch(enabled)}`
    },
  })
}

function set(input: SwitchTrunk, enabled: boolean, context: PlatformContext): Promise<void> {
  const trunks = context.ports.platforms.port(input.platform, 'trunks')
  return trunks.setEnabled(input.trunk, enabled, context)
}

async function verifySwitch(
  input: SwitchTrunk,
  wanted: boolean,
  context: PlatformContext,
): Promise<Verification> {
  const { enabled } = await readTrunk(input, context)
  if (enabled !== wanted)
    return { kind: 'not-yet', because: `trunk ${input.trunk} is still ${describeSwitch(enabled)}` }
  if (!wanted) return { kind: 'verified', seen: `${input.trunk} is off` }
  const trunks = context.ports.platforms.port(input.platform, 'trunks')
  const health = await trunks.health(input.trunk, context.signal)
  if (!health.inService) return { kind: 'not-yet', because: `not in service: ${health.because}` }
  return { kind: 'verified', seen: `${input.trunk} is armed: ${health.because}` }
}

function describeSwitch(enabled: boolean): string {
  return enabled ? 'armed' : 'off'
}
