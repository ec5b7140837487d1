import { type Milliseconds, ms, since } from '../../kernel/units.ts'
import {
  beginCampaign,
  type Campaign,
  type CampaignEnd,
  type CampaignPorts,
  type CampaignSettings,
  countsOf,
  endWith,
  meterOf,
} from './campaign-state.ts'
import { expiryFor, type Line, type LineCounts, stateOf, takeOutcome } from './line.ts'
import type { RegisteringAgent } from './ports.ts'
import type { RequestTotals, Trips } from './request-log.ts'
import { createSleepers } from './sleepers.ts'
import { aborted, takeBackAll } from './take-back.ts'
import { watchCampaign } from './watch-campaign.ts'

export interface CampaignReport extends RequestTotals {
  readonly end: CampaignEnd
  /** Until it ended, before anything was taken back; as are counts and who is left. */
  readonly elapsed: Milliseconds
  readonly counts: LineCounts
  /** Agents that were not registered, with what was last said of each. */
  readonly left: readonly LeftAgent[]
  readonly trips?: Trips
  /** The lowest that the registrar's answers made of the budget. */
  readonly lowestBudget: number
  /** Registrations that were taken back at the end, and those of which it is not known. */
  readonly takenBack: number
  readonly notTakenBack: number
}

export interface LeftAgent {
  readonly address: string
  readonly state: 'pending' | 'retrying' | 'givenUp'
  readonly because: string
}

/**
 * Registers agents and keeps them registered, all of them under one budget of requests a second.
 *
 * Each agent begins by chance within the stagger, which is drawn out to what the budget needs for all (D13: spread = N / rate);
 * the budget itself is kept by one gate, through which every request goes, and which gets narrower while the registrar is slow.
 */
export async function runCampaign(
  agents: readonly RegisteringAgent[],
  settings: CampaignSettings,
  ports: CampaignPorts,
): Promise<CampaignReport> {
  const campaign = beginCampaign(agents, settings, ports)
  const finished = new AbortController()
  const watching = watchCampaign(campaign, finished.signal)
  // A watch that breaks must not leave the budget unwatched.
  watching.catch(() => campaign.over.abort())
  try {
    await keepAll(campaign).catch(async (error: unknown) => {
      // Whatever broke here, phones must not be called at a port that is about to close.
      await takeBackAll(campaign)
      throw error
    })
    const elapsed = since(campaign.began, ports.wireClock.now())
    const atEnd = { elapsed, counts: countsOf(campaign), left: leftOf(campaign) }
    const { notTakenBack } = await takeBackAll(campaign)
    return reportOf(campaign, { ...atEnd, notTakenBack })
  } finally {
    finished.abort()
    campaign.gate.close()
    await watching
  }
}

/** Resolves when the campaign is over; what is under way then is not waited for. */
async function keepAll(campaign: Campaign): Promise<void> {
  const { lines, ports, over, settings, gate } = campaign
  const interrupted = () => endWith(campaign, 'interrupted')
  if (ports.signal.aborted) interrupted()
  ports.signal.addEventListener('abort', interrupted, { once: true })
  const stopped = aborted(over.signal)
  const { lasts } = settings
  const timeOver =
    lasts === undefined
      ? undefined
      : ports.wireClock.sleep(lasts, over.signal).then(() => endWith(campaign, 'time'), ignore)
  try {
    const how = { spread: spreadOf(campaign), sleep: createSleepers(ports.wireClock, over.signal) }
    const all = Promise.all(lines.map((line) => keepLine(campaign, line, how)))
    await Promise.race([all.then(() => endWith(campaign, 'settled')), stopped])
  } finally {
    over.abort()
    gate.dismiss(over.signal.reason)
    ports.signal.removeEventListener('abort', interrupted)
    await timeOver
  }
}

const ignore = () => undefined

/** From when to when agents begin: as the guide staggers them, or as long as the budget takes for all. */
function spreadOf({ lines, settings }: Campaign) {
  const { stagger, rate } = settings
  const requests = lines.reduce(
    (sum, { agent }) => sum + (agent.credentials === undefined ? 1 : 2),
    0,
  )
  const needed = ms((requests / rate) * 1000)
  return { from: stagger.from, width: Math.max(stagger.to - stagger.from, needed) }
}

async function keepLine(
  campaign: Campaign,
  line: Line,
  how: {
    readonly spread: { readonly from: Milliseconds; readonly width: number }
    readonly sleep: (duration: Milliseconds) => Promise<void>
  },
): Promise<void> {
  const { spread, sleep } = how
  const { ports, over } = campaign
  try {
    let after: Milliseconds | undefined = ms(spread.from + spread.width * ports.random.next())
    while (after !== undefined) {
      if (after > 0) await sleep(after)
      after = await registerOnce(campaign, line)
    }
  } catch (error) {
    if (!over.signal.aborted) throw error
  }
}

/** @returns how long until the line is to be looked after again; undefined for never */
async function registerOnce(campaign: Campaign, line: Line): Promise<Milliseconds | undefined> {
  const { ports, settings, over, log } = campaign
  const { registrar, wireClock, random } = ports
  const expires = expiryFor(line, settings.expires, random.next())
  const wasSettled = line.boundUntil !== undefined
  const meter = meterOf(campaign, line, over.signal)
  const outcome = await registrar.register(line.agent, { expires, meter })
  const now = wireClock.now()
  const move = takeOutcome(line, { outcome, expires, now, draw: random.next() }, settings)
  if (move.kind === 'refresh') campaign.accepted += 1
  if (outcome.kind === 'silent' && log.totals().answered === 0) endWith(campaign, 'unreachable')
  if (!wasSettled && move.kind !== 'retry') settle(campaign)
  return move.kind === 'give-up' ? undefined : move.after
}

function settle(campaign: Campaign): void {
  campaign.unsettled -= 1
  if (campaign.settings.once && campaign.unsettled === 0) endWith(campaign, 'settled')
}

function leftOf({ lines, ports }: Campaign): readonly LeftAgent[] {
  const now = ports.wireClock.now()
  return lines.flatMap((line): LeftAgent[] => {
    const state = stateOf(line, now)
    if (state === 'registered' || state === 'takenBack') return []
    const because = line.because ?? (state === 'retrying' ? 'it ran out' : 'no answer yet')
    return [{ address: line.agent.address, state, because }]
  })
}

function reportOf(
  campaign: Campaign,
  atEnd: Pick<CampaignReport, 'elapsed' | 'counts' | 'left' | 'notTakenBack'>,
): CampaignReport {
  const { lines, log, lowestBudget, end = 'interrupted' } = campaign
  const trips = log.trips()
  return {
    end,
    ...log.totals(),
    ...atEnd,
    ...(trips === undefined ? {} : { trips }),
    lowestBudget,
    takenBack: lines.filter((line) => line.end === 'takenBack').length,
  }
}
