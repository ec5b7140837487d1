import { z } from 'zod'
import { defineCheck, type StepContext, type Verification } from '../../engine/step.ts'
import { formatSipAddress } from '../../kernel/sip-address.ts'
import { later, ms } from '../../kernel/units.ts'
import type { SipProbe } from './ports.ts'

export const sipAddressInput = z.object({
  host: z.string().min(1),
  port: z.number().int().min(1).max(65_535),
  transport: z.enum(['udp', 'tcp', 'tls']),
})

const SipOptions = z.object({ target: sipAddressInput })
type SipOptions = z.output<typeof SipOptions>
type Context = StepContext<{ readonly sip: SipProbe }>

/** Probes a gateway with OPTIONS before anything is armed behind it (W1.4). */
export const optionsCheck = defineCheck({
  kind: 'sip.options',
  type: 'check',
  input: SipOptions,
  describe: ({ target }: SipOptions) => `probe ${formatSipAddress(target)} with OPTIONS`,
  estimate: () => ms(2000),
  patience: () => ({ longest: ms(5 * 60_000), owner: 'operator', then: 'roll-back' }),

  async verify({ target }, { ports, signal, clock }: Context): Promise<Verification> {
    const answer = await ports.sip.options(target, signal)
    const where = formatSipAddress(target)
    const lookAgainAt = later(clock.now(), ms(10_000))
    if (answer.kind === 'silent')
      return { kind: 'not-yet', because: `${where} is silent: ${answer.because}`, lookAgainAt }
    const { status, reason, roundTrip } = answer
    const said = `${where} said ${status} ${reason} after ${Math.round(roundTrip)} ms`
    if (status >= 200 && status < 300) return { kind: 'verified', seen: said }
    // Busy or starting up passes by itself; a refusal does not.
    if (status >= 500 || status === 408 || status === 480)
      return { kind: 'not-yet', because: said, lookAgainAt }
    return { kind: 'failed', because: said }
  },
})
