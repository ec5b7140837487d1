import { ms } from '../../kernel/units.ts'
import { type Campaign, meterOf } from './campaign-state.ts'

/** Takes back whatever the registrar may have of ours, each once: what fails there expires by itself. */
export async function takeBackAll(campaign: Campaign): Promise<{ readonly notTakenBack: number }> {
  const { lines, ports, settings, end } = campaign
  if (settings.keep || end === 'unreachable') return { notTakenBack: 0 }
  campaign.phase = 'taking-back'
  const hurried = ports.hurried ?? new AbortController().signal
  const bound = lines.filter(({ mayBeBound }) => mayBeBound)
  const takeBack = async (line: (typeof lines)[number]) => {
    const meter = meterOf(campaign, line, hurried)
    try {
      const { kind } = await ports.registrar.register(line.agent, { expires: ms(0), meter })
      if (kind === 'registered') line.end = 'takenBack'
    } catch (error) {
      if (!hurried.aborted) throw error
    }
  }
  await Promise.race([Promise.all(bound.map(takeBack)), aborted(hurried)])
  campaign.gate.dismiss(hurried.reason)
  return { notTakenBack: bound.filter((line) => line.end !== 'takenBack').length }
}

/** Resolves with the signal: what is under way is not waited for. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
