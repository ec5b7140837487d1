import { z } from 'zod'
import { durationInput, holdInput } from '../../engine/hold-input.ts'
import { defineCheck, type StepContext, type Verification } from '../../engine/step.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { epochMs, ms } from '../../kernel/units.ts'
import type { Preflight, WaveNeed } from './ports.ts'

const instant = z.number().int().transform(epochMs)
const Window = z.object({
  wave: z.string().min(1),
  from: instant,
  to: instant,
  /** The longest that the way back can take once what follows is done: it must fit into what is left. */
  wayBack: durationInput,
  /** Who decides when it no longer fits, and what happens when nobody does. */
  hold: holdInput,
})
type Window = z.output<typeof Window>

const twelveHours = ms(12 * 3_600_000)

/**
 * Waits for the wave's window, and asks a person when too little of it is left for the way back. Asked before
 * anything that callers could notice, and again before each rise: a run may have been held in between.
 */
export const windowCheck = defineCheck({
  kind: 'wave.window',
  type: 'check',
  input: Window,
  describe: ({ wave, wayBack }: Window) =>
    `wait until the window of wave ${wave} is open; ask when it has no room for a way back of ${formatDuration(wayBack)}`,
  estimate: () => ms(0),
  patience: () => ({ longest: ms(60 * 24 * 3_600_000), owner: 'operator', then: 'stay' }),

  verify({ from, to, wayBack, hold }, { clock }: StepContext<object>): Promise<Verification> {
    const now = clock.now()
    if (now < from) {
      const because = `the window opens in ${formatDuration(ms(from - now))}`
      return Promise.resolve({ kind: 'not-yet', because, lookAgainAt: from })
    }
    if (now >= to) {
      const because = `the window closed ${formatDuration(ms(now - to))} ago`
      return Promise.resolve({ kind: 'hold', because, hold })
    }
    const left = formatDuration(ms(to - now))
    if (now + wayBack > to) {
      const because = `the window closes in ${left}, and the way back can take ${formatDuration(wayBack)}`
      return Promise.resolve({ kind: 'hold', because, hold })
    }
    return Promise.resolve({ kind: 'verified', seen: `the window is open for ${left}` })
  },
})

const WavePreflight = z.object({ wave: z.string().min(1) })
type WavePreflight = z.output<typeof WavePreflight>

/** Asks for every right, licence, limit and address that the wave will need: missing fails, unknown holds (P1.1). */
export const preflightCheck = defineCheck({
  kind: 'wave.preflight',
  type: 'check',
  input: WavePreflight,
  describe: ({ wave }: WavePreflight) => `preflight of wave ${wave}`,
  estimate: () => ms(20_000),

  async verify(
    { wave },
    { ports, signal }: StepContext<{ readonly preflight: Preflight }>,
  ): Promise<Verification> {
    const needs = await ports.preflight.run(wave, signal)
    const missing = needs.filter(({ state }) => state === 'missing')
    if (missing.length > 0) return { kind: 'failed', because: `missing: ${list(missing)}` }
    const because = holdBecause(needs)
    if (because !== undefined) {
      const hold = { longest: twelveHours, owner: 'operator', then: 'roll-back' } as const
      return { kind: 'hold', because, hold }
    }
    const attested = needs.filter(({ state }) => state === 'attested').length
    const words = attested === 0 ? '' : `, ${attested} of them attested by a person`
    return { kind: 'verified', seen: `${needs.length} needs, all had${words}` }
  },
})

function holdBecause(needs: readonly WaveNeed[]): string | undefined {
  const unreachable = needs.filter(({ state }) => state === 'unreachable')
  const unknown = needs.filter(({ state }) => state === 'unknown')
  const causes = [...new Set(unreachable.map(({ because }) => because))]
  const parts = [
    ...(causes.length === 0
      ? []
      : [`${unreachable.length} needs could not be asked: ${causes.join('; ')}`]),
    ...(unknown.length === 0 ? [] : [`cannot be known: ${list(unknown)}`]),
  ]
  return parts.length === 0 ? undefined : parts.join('; ')
}

function list(needs: readonly WaveNeed[]): string {
  return needs.map(({ what, because }) => `${what} (${because})`).join('; ')
}
