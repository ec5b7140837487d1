import type { WireClock } from '../../kernel/clock.ts'
import type { Random } from '../../kernel/random.ts'
import type { EpochMs, Milliseconds } from '../../kernel/units.ts'
import type { Adaptation } from './adapt.ts'
import { createGate, type Gate } from './gate.ts'
import { countLines, type Line, type LineCounts, newLine } from './line.ts'
import type { RegisteringAgent, Registrar, RequestMeter } from './ports.ts'
import { createRequestLog, type RequestLog, type Trips } from './request-log.ts'
import type { RegistrationSettings } from './settings.ts'

export interface CampaignSettings extends RegistrationSettings {
  /** Ends as soon as every agent is registered or given up; else it goes on refreshing. */
  readonly once: boolean
  /** Ends after this at the latest. */
  readonly lasts?: Milliseconds
  /** Leaves the registrations in place at the end, until they expire. */
  readonly keep: boolean
}

export interface CampaignPorts {
  readonly registrar: Registrar
  readonly wireClock: WireClock
  readonly random: Random
  /** Ends the campaign at once; registrations are then taken back, unless they are kept. */
  readonly signal: AbortSignal
  /** Ends the taking back, too. */
  readonly hurried?: AbortSignal
  /** Called once a second. */
  readonly onProgress?: (progress: CampaignProgress) => void
}

export interface CampaignProgress {
  readonly phase: 'registering' | 'taking-back'
  readonly elapsed: Milliseconds
  readonly counts: LineCounts
  /** In the last second, digest round trips and repetitions counted. */
  readonly requests: number
  /** 200 OK in the last second. */
  readonly accepted: number
  /** Of answers within the window that is judged. */
  readonly trips?: Pick<Trips, 'p50' | 'p90'>
  /** Requests a second that are allowed now. */
  readonly budget: number
}

export const campaignEnds = ['settled', 'time', 'interrupted', 'unreachable'] as const
/** Why a campaign ended: `unreachable` when nothing was ever answered. */
export type CampaignEnd = (typeof campaignEnds)[number]

/** A campaign under way. */
export interface Campaign {
  readonly lines: readonly Line[]
  readonly settings: CampaignSettings
  readonly ports: CampaignPorts
  readonly gate: Gate
  readonly log: RequestLog
  readonly began: EpochMs
  readonly over: AbortController
  phase: CampaignProgress['phase']
  adaptation: Adaptation
  lowestBudget: number
  /** Agents without a registration and without a verdict so far. */
  unsettled: number
  accepted: number
  end?: CampaignEnd
}

export function beginCampaign(
  agents: readonly RegisteringAgent[],
  settings: CampaignSettings,
  ports: CampaignPorts,
): Campaign {
  return {
    lines: agents.map(newLine),
    settings,
    ports,
    gate: createGate(ports.wireClock, settings.rate),
    log: createRequestLog(),
    began: ports.wireClock.now(),
    over: new AbortController(),
    phase: 'registering',
    adaptation: { rate: settings.rate },
    lowestBudget: settings.rate,
    unsettled: agents.length,
    accepted: 0,
  }
}

export const countsOf = ({ lines, ports }: Campaign) => countLines(lines, ports.wireClock.now())

export function endWith(campaign: Campaign, end: CampaignEnd): void {
  campaign.end ??= end
  campaign.over.abort()
}

/** Lets the requests of one agent through the campaign's gate, and notes them. */
export function meterOf(
  { gate, log, ports }: Campaign,
  line: Line,
  signal: AbortSignal,
): RequestMeter {
  const { wireClock } = ports
  return {
    async permit(part) {
      signal.throwIfAborted()
      await gate.pass(part)
      line.mayBeBound = true
      const noteEnd = log.sent(wireClock.now())
      return { ended: (status) => noteEnd(wireClock.now(), status) }
    },
    repeated() {
      log.repeated(wireClock.now())
      gate.spend()
    },
  }
}
