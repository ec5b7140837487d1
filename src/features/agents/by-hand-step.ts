import { z } from 'zod'
import {
  type Direction,
  defineStep,
  type StepContext,
  type Verification,
} from '../../engine/step.ts'
import { ms } from '../../kernel/units.ts'
import { groupBy, platformInput } from './agent-input.ts'

const ByHand = z.object({
  platform: platformInput,
  /** Who is taken out of which queues, by the names that people know at the platform. */
  agents: z
    .array(z.object({ extension: z.string().min(1), queues: z.array(z.string().min(1)).min(1) }))
    .min(1),
  /** What is typed to confirm it: the site's name. */
  expects: z.string().min(1),
  longest: z.number().positive().transform(ms),
  owner: z.string().min(1),
})
type ByHand = z.output<typeof ByHand>

/** A person takes some minutes for it, and types one line. */
const usual = ms(5 * 60_000)

/**
 * A person takes agents out of the source's queues where no call can (D5), and on the way back puts them
 * in again; each is confirmed by typing. The source can't be read, so the confirmation is the only proof.
 *
 * It stands before the agents are joined at the target, so that its undo comes after they have left there
 * (promise 7). What a person may have begun is taken back whole: the way back asks for every one of them.
 */
export const agentsByHandStep = defineStep({
  kind: 'agents.by-hand',
  type: 'change',
  reversibility: 'bounded',
  input: ByHand,
  cost: () => 0,
  describe: (input) =>
    `a person does it, and types "${input.expects}": ${instruction(input, 'forward')}`,
  estimate: () => usual,
  estimateUndo: () => usual,

  // Nothing can be read: where they were is what the plan says.
  observe: () => Promise.resolve(null),
  isDone: () => false,
  trace: () => 'unreadable',
  effect: (input) => `by hand: ${instruction(input, 'forward')}`,
  act: () => Promise.resolve(),
  verify: (input: ByHand, context: StepContext<object>) => ask(input, 'forward', context),

  wayBack: (input) =>
    Promise.resolve({ kind: 'open', inverse: `by hand: ${instruction(input, 'back')}` }),
  undo: () => Promise.resolve(),
  verifyUndone: (input, _before, context) => ask(input, 'back', context),
})

function ask(
  input: ByHand,
  direction: Direction,
  { confirmed }: StepContext<object>,
): Promise<Verification> {
  const { platform, agents, expects, longest, owner } = input
  const what = instruction(input, direction)
  if (confirmed === undefined) {
    const then = direction === 'forward' ? 'roll-back' : 'stay'
    const because = `BY HAND, then type "${expects}" (changeover confirm): ${what}`
    return Promise.resolve({ kind: 'by-hand', because, expects, hold: { longest, owner, then } })
  }
  const done =
    direction === 'forward' ? `out of ${platform}’s queues` : `back in ${platform}’s queues`
  const seen = `${confirmed.by} confirmed: ${agents.length} agents ${done}; ${platform} can’t be read, so this is the only proof`
  return Promise.resolve({ kind: 'verified', seen })
}

/** Every extension by name: whoever does it has nothing else to go by. */
function instruction({ platform, agents }: ByHand, direction: Direction): string {
  const memberships = agents.flatMap(({ extension, queues }) =>
    queues.map((queue) => ({ queue, extension })),
  )
  const lists = [...groupBy(memberships, ({ queue }) => queue)].map(
    ([queue, members]) => `${queue}: ${members.map(({ extension }) => extension).join(' ')}`,
  )
  const doing =
    direction === 'forward'
      ? `at ${platform} take these extensions out of these queues`
      : `at ${platform} see that these extensions are in these queues again`
  return `${doing}: ${lists.join('; ')}`
}
