import type { PlannedStep } from '../../engine/runbook.ts'
import type { StepKey } from '../../kernel/ids.ts'
import { keyOf, type SiteScene } from './wave-scene.ts'

/**
 * What must be back before a step of the site may be undone, however long it is stuck (promise 1, promise 7).
 *
 * The way back is the way forward reversed, and what is stuck is passed over; so whatever the safety of an
 * undo rests on is said here. Callers follow agents who are there: nobody leaves the target while its share
 * still keeps callers, nothing is returned to a source that is fenced or that nobody has come back to, and the
 * target is not without its share before it is disarmed.
 */
export function orderBack(scene: SiteScene, steps: readonly PlannedStep[]): readonly PlannedStep[] {
  const order = new Map(
    Object.entries(undoneAfter(scene)).map(([key, after]) => [
      keyOf(scene, key),
      after.map((one) => keyOf(scene, one)),
    ]),
  )
  const planned = new Set<StepKey>(steps.map(({ key }) => key))
  return steps.map((step) => {
    const after = order.get(step.key)?.filter((key) => planned.has(key)) ?? []
    return after.length === 0 ? step : { ...step, undoneAfter: after }
  })
}

function undoneAfter({ stages }: SiteScene): Readonly<Record<string, readonly string[]>> {
  const names = stages.rest.map(({ share }) => `stage-${share}`)
  const moves = ['first', ...names].flatMap((name) => [
    `${name}.agents`,
    `${name}.rearguard.agents`,
  ])
  return {
    ...Object.assign({}, ...names.map(stageBack)),
    select: ['source.release'],
    'first.agents': ['share.first'],
    'first.by-hand': ['first.agents'],
    'share.none': ['trunk.arm'],
    'agents.affiliate': moves,
    'licences.assign': moves,
    'trunk.provision': ['trunk.arm'],
  }
}

/** The rearguard first, since somebody must be there when callers are returned; then the share; then the others. */
function stageBack(name: string): Readonly<Record<string, readonly string[]>> {
  const rearguard = [`${name}.rearguard.agents`, `${name}.rearguard.by-hand`]
  return {
    [`${name}.rearguard.agents`]: ['source.release'],
    [`${name}.rearguard.by-hand`]: [`${name}.rearguard.agents`],
    [`${name}.share`]: ['source.release', ...rearguard],
    [`${name}.back.drained`]: [`${name}.share`],
    [`${name}.agents`]: [`${name}.share`, `${name}.back.drained`],
    [`${name}.by-hand`]: [`${name}.agents`],
  }
}
