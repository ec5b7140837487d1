import type { Guard, PlannedStep, Runbook } from '../../engine/runbook.ts'
import type { WaveId } from '../../kernel/ids.ts'
import { ms } from '../../kernel/units.ts'
import type { Override, Plan, Wave } from '../plan/index.ts'
import { NoSuchWaveError, WaveNotPossibleError } from './errors.ts'
import {
  licencesInForce,
  lowerTtls,
  preflightStep,
  provision,
  waitOldTtls,
  windowSteps,
} from './prepare-steps.ts'
import { provedStill } from './prove-steps.ts'
import {
  arm,
  drainTarget,
  firstGroup,
  gate,
  oneSide,
  outbound,
  propagation,
  release,
  restoreTtls,
  scopeOf,
  select,
  stage,
} from './shift-steps.ts'
import { keyOf, openScene, type SiteScene, type WaveRequest } from './wave-scene.ts'
import { orderBack } from './way-back-order.ts'

/**
 * Turns a wave of a plan into the steps that cut its sites over (W4.1). Pure.
 *
 * The order is D16's and D21's, not the guide's: the target is armed, staffed and proved before anything
 * selects it; agents and the share rise together; the source stays armed until soak and drain are over.
 * Its inverse in reverse order is the way back, with the checks that only the way back visits.
 *
 * @throws {NoSuchWaveError} when the plan has no such wave
 * @throws {WaveNotPossibleError} when a name in it leads nowhere
 */
export function compileWave(plan: Plan, id: WaveId, request: WaveRequest): Runbook {
  const wave = plan.waves[id]
  if (wave === undefined) throw new NoSuchWaveError(id, Object.keys(plan.waves))
  const scenes = wave.sites.map((name) => {
    const site = plan.sites[name]
    if (site === undefined) throw new WaveNotPossibleError(`wave ${id} names no site ${name}`)
    return openScene(plan, wave, site, request)
  })
  const [first] = scenes
  if (first === undefined) throw new WaveNotPossibleError(`wave ${id} has no site`)
  return {
    kind: 'wave',
    name: id,
    plan: { name: plan.name, digest: plan.digest, file: plan.file, settings: plan },
    steps: scenes.reduce(
      (steps: readonly PlannedStep[], scene) => orderBack(scene, steps),
      [...prepare(scenes, first), ...shift(scenes, first), ...finish(scenes)],
    ),
    guards: scenes.map((scene) => guard(scene, scenes)),
    overrides: plan.overrides.filter((one) => concerns(one, wave)).map(describeOverride),
  }
}

type Scenes = readonly SiteScene[]

function prepare(scenes: Scenes, first: SiteScene): readonly PlannedStep[] {
  return [
    // Asked, and waited for, once for the whole wave.
    preflightStep({ ...first, suffix: '' }),
    ...scenes.flatMap(lowerTtls),
    ...scenes.flatMap(provision),
    ...scenes.flatMap(waitOldTtls),
    ...scenes.flatMap(licencesInForce),
    ...windowSteps(first),
  ]
}

function shift(scenes: Scenes, first: SiteScene): readonly PlannedStep[] {
  return [
    ...scenes.flatMap(oneSide),
    ...scenes.flatMap(arm),
    ...scenes.flatMap(firstGroup),
    // Visited on the way back only, once the selection is undone: caches first, then the calls.
    ...scenes.map(drainTarget),
    ...scenes.flatMap((scene) => propagation(scene, 'back')),
    ...windowSteps(first, 'select'),
    ...scenes.flatMap(provedStill),
    ...scenes.map(select),
    ...scenes.flatMap((scene) => propagation(scene, 'forward')),
    ...scenes.map((scene) => {
      const title = `gate ${scene.stages.first.share}%`
      return gate(scene, { key: 'select.gate', title, soak: scene.policy.stageSoak })
    }),
    ...scenes.map((scene) => outbound(scene, 'alone')),
    ...stagesOf(scenes, first),
  ]
}

/** Sites rise together: the first stage of all, then the second of all. */
function stagesOf(scenes: Scenes, first: SiteScene): readonly PlannedStep[] {
  const most = Math.max(...scenes.map(({ stages }) => stages.rest.length))
  return Array.from({ length: most }, (_, index) => index).flatMap((index) => [
    ...windowSteps(first, `rise-${index + 1}`),
    ...scenes.flatMap((scene) => {
      const one = scene.stages.rest[index]
      return one === undefined ? [] : stage(scene, one)
    }),
  ])
}

function finish(scenes: Scenes): readonly PlannedStep[] {
  return [
    ...scenes.map((scene) => outbound(scene, 'with failover')),
    ...scenes.map((scene) => gate(scene, { key: 'soak', title: 'soak', soak: scene.policy.soak })),
    ...scenes.flatMap(release),
    ...scenes.flatMap(restoreTtls),
  ]
}

/**
 * Validations that the trigger wants at most. More would only delay it: it fires when the whole interval lies
 * beyond the limit, and below this number two failures of a healthy system are enough for that.
 */
const triggerSample = 30

function guard(scene: SiteScene, scenes: Scenes): Guard {
  const { wave, gate: settings } = scene
  const wanted = Math.max(...settings.checks.map((check) => check.minimumSample))
  const minimumSample = Math.min(wanted, triggerSample)
  return {
    key: keyOf(scene, 'trigger'),
    kind: 'gate.trigger',
    title: 'rollback trigger',
    input: { expression: wave.rollbackTrigger, scope: scopeOf(scene), minimumSample },
    after: keyOf(scene, 'select'),
    until: keyOf(scenes.at(-1) ?? scene, 'source.release'),
    every: ms(30_000),
  }
}

function concerns({ for: whom }: Override, { id, sites }: Wave): boolean {
  return whom === undefined || whom === id || sites.some((site) => site === whom)
}

function describeOverride({ what, to, because }: Override): string {
  return `${what} = ${to}: ${because}`
}
