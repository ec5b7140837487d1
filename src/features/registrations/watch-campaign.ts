import { ms, since } from '../../kernel/units.ts'
import { adapt } from './adapt.ts'
import { type Campaign, type CampaignProgress, countsOf } from './campaign-state.ts'
import { tripsOf } from './request-log.ts'

const aSecond = ms(1000)

/** Once a second: what the registrar's answers make of the budget, and how far the campaign is. */
export async function watchCampaign(campaign: Campaign, finished: AbortSignal): Promise<void> {
  const { wireClock, onProgress } = campaign.ports
  while (!finished.aborted) {
    try {
      await wireClock.sleep(aSecond, finished)
    } catch {
      return
    }
    const progress = look(campaign)
    campaign.accepted = 0
    onProgress?.(progress)
  }
}

function look(campaign: Campaign): CampaignProgress {
  const { ports, settings, log, gate, began, phase, accepted } = campaign
  const now = ports.wireClock.now()
  const samples = log.samples(now, settings.adapt.window)
  const limits = { ...settings.adapt, budget: settings.rate }
  campaign.adaptation = adapt(campaign.adaptation, { samples, now }, limits)
  const budget = campaign.adaptation.rate
  gate.setRate(budget)
  campaign.lowestBudget = Math.min(campaign.lowestBudget, budget)
  const trips = samples.flatMap(({ status, took }) => (status === undefined ? [] : [took]))
  return {
    phase,
    elapsed: since(began, now),
    counts: countsOf(campaign),
    requests: log.lastSecond(now),
    accepted,
    ...(trips.length === 0 ? {} : { trips: tripsOf(trips) }),
    budget,
  }
}
