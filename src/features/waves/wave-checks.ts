import { z } from 'zod'
import { defineCheck, type StepContext, type Verification } from '../../engine/step.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { epochMs, ms } from '../../kernel/units.ts'
import type { Preflight, WaveNeed } from './ports.ts'

const instant = z.number().int().transform(epochMs)
const Window = z.object({ wave: z.string().min(1), from: instant, to: instant })
type Window = z.output<typeof Window>

const twelveHours = ms(12 * 3_600_000)

/** Waits for the wave's window; one that is over is a person's decision. */
export const windowCheck = defineCheck({
  kind: 'wave.window',
  type: 'check',
  input: Window,
  describe: ({ wave }: Window) => `wait for the window of wave ${wave}`,
  estimate: () => ms(0),
  patience: () => ({ longest: ms(60 * 24 * 3_600_000), owner: 'operator', then: 'stay' }),

  verify({ from, to }, { clock }: StepContext<object>): Promise<Verification> {
    const now = clock.now()
    if (now < from) {
      const because = `the window opens in ${formatDuration(ms(from - now))}`
      return Promise.resolve({ kind: 'not-yet', because, lookAgainAt: from })
    }
    if (now >= to) {
      const because = `the window closed ${formatDuration(ms(now - to))} ago`
      const hold = { longest: twelveHours, owner: 'operator', then: 'roll-back' } as const
      return Promise.resolve({ kind: 'hold', because, hold })
    }
    const seen = `the window is open for ${formatDuration(ms(to - now))}`
    return Promise.resolve({ kind: 'verified', seen })
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
    const unknown = needs.filter(({ state }) => state === 'unknown')
    if (unknown.length > 0) {
      const hold = { longest: twelveHours, owner: 'operator', then: 'roll-back' } as const
      return { kind: 'hold', because: `cannot be known: ${list(unknown)}`, hold }
    }
    const attested = needs.filter(({ state }) => state === 'attested').length
    const words = attested === 0 ? '' : `, ${attested} of them attested by a person`
    return { kind: 'verified', seen: `${needs.length} needs, all had${words}` }
  },
})

function list(needs: readonly WaveNeed[]): string {
  return needs.map(({ what, because }) => `${what} (${because})`).join('; ')
}
