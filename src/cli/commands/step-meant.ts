import type { AskRun } from '../../http/contract/request.ts'
import type { Run, Step } from '../../http/contract/run.ts'
import { UsageError } from '../errors.ts'
import type { Shell } from '../shell.ts'

type Asking = Pick<Shell, 'ask'> & { readonly printer: Pick<Shell['printer'], 'line'> }

/**
 * The step that a `retry` or a `skip` is of: the one that is named, else the one that is open, which is shown.
 *
 * A skip is of a step that a person has named, here or at the prompt: what they had read of the run is some
 * seconds old, and the step that is open by now may be a gate.
 *
 * @throws {UsageError} when it has to be said which, and nobody does
 */
export async function stepMeant(
  { printer, ask }: Asking,
  verb: 'retry' | 'skip',
  { steps, open, entries }: Pick<Run, 'steps' | 'open' | 'entries'>,
  named: string | undefined,
): Promise<Pick<AskRun, 'step' | 'asOf'>> {
  if (named !== undefined) return { step: named, asOf: entries }
  const [first, ...others] = steps.filter(({ key }) => open.includes(key))
  if (first === undefined) return { asOf: entries }
  if (others.length > 0) {
    const list = [first, ...others].map((step) => `  --step ${lineOf(step)}`).join('\n')
    throw new UsageError(`${verb}: several steps are open, say which:\n${list}`)
  }
  printer.line(`${verb} ${lineOf(first)}`)
  if (verb === 'retry') return { step: first.key, asOf: entries }
  if (ask === undefined)
    throw new UsageError(`skip: there is no terminal to ask at; give --step ${first.key}`)
  const typed = await ask(`It is left unverified. If that is the one, type ${first.key}`)
  if (typed !== first.key) throw new UsageError('skip: another step was typed; nothing is asked')
  return { step: first.key, asOf: entries }
}

function lineOf({ key, title, trouble, heldBecause, waitingFor, phase }: Step): string {
  return `${key}  (${title}: ${trouble?.message ?? heldBecause ?? waitingFor ?? phase})`
}
