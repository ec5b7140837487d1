import { z } from 'zod'
import { defineStep, traceOfParts, type Verification } from '../../engine/step.ts'
import { ms } from '../../kernel/units.ts'
import { askWayBack, PlatformConflictError } from '../platform/index.ts'
import { type PlatformContext, platformInput } from './trunk-input.ts'

const BindNumbers = z.object({
  platform: platformInput,
  numbers: z.array(z.string().min(1)).min(1),
  flow: z.string().min(1),
})
type BindNumbers = z.output<typeof BindNumbers>

/** Flow by number; `null`: bound to nothing. */
type Bindings = Readonly<Record<string, string | null>>

/** Binds numbers to the flow that answers them at the target. */
export const bindNumbersStep = defineStep({
  kind: 'numbers.bind',
  type: 'change',
  reversibility: 'instant',
  input: BindNumbers,
  cost: ({ numbers }) => 8 + numbers.length + Math.ceil(numbers.length / 25),
  describe: ({ platform, numbers, flow }) =>
    `bind ${numbers.length} numbers to ${flow} at ${platform}`,
  estimate: () => ms(20_000),
  estimateUndo: () => ms(20_000),

  observe: (input: BindNumbers, context: PlatformContext): Promise<Bindings> =>
    read(input, context),
  isDone: ({ numbers, flow }, state) => numbers.every((number) => state[number] === flow),
  trace({ numbers, flow }, state) {
    const bound = numbers.filter((number) => state[number] === flow)
    return traceOfParts(bound.length, numbers.length)
  },
  effect({ numbers, flow }, state) {
    const open = numbers.filter((number) => state[number] !== flow)
    const boundTo = new Set(open.map((number) => state[number] ?? 'nothing'))
    const groups = [...boundTo].map((now) => {
      const those = open.filter((number) => (state[number] ?? 'nothing') === now)
      const rest = those.length > 1 ? ` and ${those.length - 1} more` : ''
      return `${those[0]}${rest}: ${now} → ${flow}`
    })
    return groups.join('; ')
  },

  act: (input, before, context) =>
    move(input, (number) => [before[number] ?? null, input.flow], context),

  async verify(input, context): Promise<Verification> {
    const bound = await read(input, context)
    const open = input.numbers.filter((number) => bound[number] !== input.flow)
    if (open.length > 0) return { kind: 'not-yet', because: `not yet bound: ${open.join(', ')}` }
    return { kind: 'verified', seen: `${input.numbers.length} numbers answer at ${input.flow}` }
  },

  wayBack(input, _before, context) {
    const question = {
      platform: input.platform,
      operations: ['inboundNumbers.bind'],
      inverse: `bind ${input.numbers.length} numbers as before`,
      probe: () => read(input, context),
    }
    return askWayBack(context.ports.platforms, question, context.signal)
  },

  undo: (input, before, context) =>
    move(input, (number) => [input.flow, before[number] ?? null], context),

  async verifyUndone(input, before, context): Promise<Verification> {
    const bound = await read(input, context)
    const open = input.numbers.filter((number) => bound[number] !== (before[number] ?? null))
    if (open.length > 0)
      return { kind: 'not-yet', because: `not yet as before: ${open.join(', ')}` }
    return { kind: 'verified', seen: `${input.numbers.length} numbers are bound as before` }
  },
})

async function read(input: BindNumbers, { ports, signal }: PlatformContext): Promise<Bindings> {
  const port = ports.platforms.port(input.platform, 'inboundNumbers')
  const bound = await port.readBindings(input.numbers, signal)
  return Object.fromEntries(input.numbers.map((number) => [number, bound[number] ?? null]))
}

/**
 * Moves each number from one binding to the other; one that is bound elsewhere was moved by somebody else.
 * One that is bound to nothing may be ours, cut off between leaving the old flow and reaching the new.
 */
async function move(
  input: BindNumbers,
  plan: (number: string) => readonly [from: string | null, to: string | null],
  context: PlatformContext,
): Promise<void> {
  const bound = await read(input, context)
  const open = input.numbers.filter((number) => bound[number] !== plan(number)[1])
  const foreign = open.filter(
    (number) => bound[number] !== null && bound[number] !== plan(number)[0],
  )
  if (foreign.length > 0)
    throw new PlatformConflictError(`bound otherwise since they were read: ${foreign.join(', ')}`)
  if (open.length === 0) return
  const next = Object.fromEntries(open.map((number) => [number, plan(number)[1]]))
  await context.ports.platforms.port(input.platform, 'inboundNumbers').bind(next, context)
}
