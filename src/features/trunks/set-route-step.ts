import { z } from 'zod'
import { defineStep, type Verification } from '../../engine/step.ts'
import { ms } from '../../kernel/units.ts'
import { askWayBack, type OutboundRoute, PlatformConflictError } from '../platform/index.ts'
import { type PlatformContext, platformInput } from './trunk-input.ts'

const SetRoute = z.object({
  platform: platformInput,
  route: z.string().min(1),
  /** In the order in which they are tried: the second is the failover (W2.2). */
  trunks: z.array(z.string().min(1)).min(1),
})
type SetRoute = z.output<typeof SetRoute>

interface RouteState {
  readonly route: OutboundRoute | null
}

/** Sets over which trunks, in which order, a platform's outbound calls leave. */
export const setRouteStep = defineStep({
  kind: 'outbound.set-route',
  type: 'change',
  reversibility: 'instant',
  input: SetRoute,
  cost: () => 8,
  describe: ({ platform, route, trunks }) =>
    `route outbound ${route} of ${platform} over ${trunks.join(', then ')}`,
  estimate: () => ms(15_000),
  estimateUndo: () => ms(15_000),

  observe: async (input: SetRoute, context: PlatformContext): Promise<RouteState> => ({
    route: await read(input, context),
  }),
  isDone: (input, { route }) => isSame(route, wanted(input)),
  effect: (input, { route }) => `${describeRoute(route)} → ${describeRoute(wanted(input))}`,
  leaves: {
    thing: ({ platform, route }) => `route ${route} of ${platform}`,
    after: (input) => ({ route: wanted(input) }),
  },
  act: (input, before, context) => replace(input, before.route, wanted(input), context),
  verify: (input, context) => verifyRoute(input, wanted(input), context),

  wayBack(input, before, context) {
    const inverse =
      before.route === null
        ? `remove route ${input.route}`
        : `route ${input.route} over ${before.route.trunks.join(', then ')} again`
    const question = {
      platform: input.platform,
      operations: ['outboundRoutes.replace'],
      inverse,
      probe: () => read(input, context),
    }
    return askWayBack(context.ports.platforms, question, context.signal)
  },
  undo: (input, before, context) => replace(input, wanted(input), before.route, context),
  verifyUndone: (input, before, context) => verifyRoute(input, before.route, context),
})

const wanted = ({ trunks }: SetRoute): OutboundRoute => ({ enabled: true, trunks })

async function read(input: SetRoute, { ports, signal }: PlatformContext) {
  const routes = ports.platforms.port(input.platform, 'outboundRoutes')
  return (await routes.read(input.route, signal)) ?? null
}

async function replace(
  input: SetRoute,
  before: OutboundRoute | null,
  next: OutboundRoute | null,
  context: PlatformContext,
): Promise<void> {
  const current = await read(input, context)
  if (isSame(current, next)) return
  if (!isSame(current, before))
    throw new PlatformConflictError(`route ${input.route} was changed since it was read`)
  const routes = context.ports.platforms.port(input.platform, 'outboundRoutes')
  await routes.replace(input.route, current ?? undefined, next ?? undefined, context)
}

async function verifyRoute(
  input: SetRoute,
  expected: OutboundRoute | null,
  context: PlatformContext,
): Promise<Verification> {
  const current = await read(input, context)
  if (!isSame(current, expected))
    return { kind: 'not-yet', because: `route ${input.route} is not yet as it should be` }
  return { kind: 'verified', seen: `outbound ${input.route}: ${describeRoute(current)}` }
}

function describeRoute(route: OutboundRoute | null): string {
  if (route === null) return 'no route'
  return `over ${route.trunks.join(', then ')}${route.enabled ? '' : ', off'}`
}

function isSame(a: OutboundRoute | null, b: OutboundRoute | null): boolean {
  if (a === null || b === null) return a === b
  return a.enabled === b.enabled && a.trunks.join('\n') === b.trunks.join('\n')
}
