import { defaultPatience } from '../engine/decide-stopped.ts'
import type { PlannedStep } from '../engine/runbook.ts'
import type { Need, Operation, Platform, RateLimit } from '../features/platform/index.ts'
import { operationsOf, waveSteps } from '../features/waves/index.ts'
import { formatDuration } from '../kernel/duration.ts'
import type { PlatformId } from '../kernel/ids.ts'
import { type Milliseconds, ms } from '../kernel/units.ts'
import {
  ask,
  type PreflightParts,
  type PreflightRow,
  usualClockTolerance,
} from './preflight-question.ts'

type Steps = readonly Pick<PlannedStep, 'kind' | 'input' | 'title'>[]

/** What the wave's steps need of one platform: rights, products, rate, clock, gateway (P1.1–P1.3). */
export async function platformNeeds(
  parts: PreflightParts,
  id: PlatformId,
  steps: Steps,
): Promise<readonly PreflightRow[]> {
  const { ports, signal } = parts
  const platform = ports.platforms.get(id)
  const area = `platform ${id}`
  const ours = steps.filter((step) => operationsOf([step]).has(id))
  const operations = [...(operationsOf(ours).get(id) ?? [])]
  const questions: readonly [string, () => Promise<readonly Need[]>][] = [
    ['account', () => accountNeeds(platform, operations, signal)],
    ['ports', async () => absentPorts(parts, platform, operations)],
    ['clocks in step', () => clockNeed(platform, parts)],
    ['rate limit', () => rateNeed(platform, ours, signal)],
    ['gateway answers OPTIONS', () => gatewayNeed(platform, parts)],
  ]
  const rows = await Promise.all(questions.map(([what, question]) => ask(area, what, question)))
  return rows.flat()
}

function accountNeeds(
  { ports, lacks }: Platform,
  operations: readonly Operation[],
  signal: AbortSignal,
): Promise<readonly Need[]> {
  if (ports.account !== undefined) return ports.account.check(operations, signal)
  const because = lacks.account ?? 'it has no account to ask'
  return Promise.resolve([{ what: 'account', state: 'unknown', because }])
}

/** Ports that a step would call and the platform doesn't have; one that the plan leaves to a person is his. */
function absentPorts(
  { plan }: PreflightParts,
  { id, ports, lacks }: Platform,
  operations: readonly Operation[],
): readonly Need[] {
  const settings = plan.platforms[id]
  const isByHand = settings?.kind === 'sbc' && settings.agents?.by === 'hand'
  const wanted = new Set(operations.map((operation) => operation.slice(0, operation.indexOf('.'))))
  return [...wanted].flatMap((name): readonly Need[] => {
    if (Object.hasOwn(ports, name)) return []
    if (isByHand && ['queues', 'agents'].includes(name))
      return [{ what: name, state: 'had', because: 'by: hand: a person does it, and confirms' }]
    const lever = Object.entries(lacks).find(([port]) => port === name)?.[1]
    return [
      {
        what: name,
        state: 'missing',
        because: 'the platform has no call for it',
        ...(lever === undefined ? {} : { todo: lever }),
      },
    ]
  })
}

async function clockNeed(
  { ports }: Platform,
  { clockTolerance, signal }: PreflightParts,
): Promise<readonly Need[]> {
  const what = 'clocks in step'
  if (ports.account === undefined) return []
  const offset = await ports.account.clockOffset(signal)
  const state = Math.abs(offset) <= clockTolerance ? 'had' : 'missing'
  const inLife =
    clockTolerance === usualClockTolerance
      ? ''
      : ` in a lab, whose clock runs fast; ${formatDuration(usualClockTolerance)} in life`
  const because = `${Math.round(offset)} ms apart, ${formatDuration(clockTolerance)} at most${inLife}`
  return [{ what, state, because, todo: 'NTP on both machines' }]
}

async function gatewayNeed(
  { gateway }: Platform,
  { ports, signal }: PreflightParts,
): Promise<readonly Need[]> {
  const what = `gateway ${gateway.host} answers OPTIONS`
  const answer = await ports.sip.options(gateway, signal)
  if (answer.kind === 'answered')
    return [
      { what, state: 'had', because: `${answer.status} in ${formatDuration(answer.roundTrip)}` },
    ]
  const todo = /ENOTFOUND|EAI_AGAIN/.test(answer.because)
    ? `the name ${gateway.host} does not resolve here: the gateway in the plan, and this machine’s resolver`
    : `firewall, and the allow list for this machine at ${gateway.host}:${gateway.port}`
  return [{ what, state: 'missing', because: answer.because, todo }]
}

/** The adapter keeps a fifth of the rate back. */
const usable = 0.8

/** Whether the dearest step comes to its end within its patience at this rate (P1.2). */
async function rateNeed(
  { ports }: Platform,
  steps: Steps,
  signal: AbortSignal,
): Promise<readonly Need[]> {
  const what = 'rate limit'
  const limit = await ports.account?.rateLimit(signal)
  const dearest = dearestOf(steps)
  if (limit === undefined || dearest === undefined) return []
  const { state, because } = judgeRate(limit, dearest)
  return [
    { what, state, because, todo: 'a slower storm guard: agents.perSecond, or smaller stages' },
  ]
}

interface Dear {
  readonly title: string
  readonly calls: number
  readonly patience: Milliseconds
}

export function judgeRate(
  { name, callsPerMinute }: RateLimit,
  { title, calls, patience }: Dear,
): Pick<Need, 'state' | 'because'> {
  const needed = ms((calls / (callsPerMinute * usable)) * 60_000)
  const because = `${callsPerMinute} calls a minute (${name}); the dearest step, ${title}, makes ${calls}: ${formatDuration(needed)}`
  return { state: needed <= patience ? 'had' : 'missing', because }
}

function dearestOf(steps: Steps): Dear | undefined {
  const costs = steps.flatMap(({ kind, input, title }): readonly Dear[] => {
    const step = waveSteps.find((one) => one.kind === kind)
    if (step?.type !== 'change') return []
    const told = step.input.parse(input)
    const { longest: patience } = step.patience?.(told) ?? defaultPatience
    return [{ title, calls: step.cost(told), patience }]
  })
  return costs.toSorted((a, b) => b.calls - a.calls)[0]
}
