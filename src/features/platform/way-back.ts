import type { WayBack } from '../../engine/step.ts'
import { ChangeoverError } from '../../kernel/errors.ts'
import type { PlatformId } from '../../kernel/ids.ts'
import type { Platforms } from './ports.ts'

interface WayBackQuestion {
  readonly platform: PlatformId
  /** What the inverse will call, as `port.method`: `trunks.setEnabled`. */
  readonly operations: readonly string[]
  /** The inverse in words. */
  readonly inverse: string
  /** Reads what the inverse will write: the endpoint is there, and it is there now. */
  probe(): Promise<unknown>
}

/**
 * Asks a platform whether a step's inverse is permitted, and tries its endpoint (X3). Changes nothing.
 *
 * A right that cannot be known does not block: preflight has held the run for it once already.
 */
export async function askWayBack(
  platforms: Platforms,
  question: WayBackQuestion,
  signal: AbortSignal,
): Promise<WayBack> {
  try {
    const { account } = platforms.get(question.platform).ports
    const needs = (await account?.check(question.operations, signal)) ?? []
    const missing = needs.filter(({ state }) => state === 'missing')
    if (missing.length > 0) {
      const list = missing.map(({ what, because }) => `${what} (${because})`).join(', ')
      return { kind: 'blocked', because: `${question.platform} lacks ${list}` }
    }
    await question.probe()
    return { kind: 'open', inverse: question.inverse }
  } catch (error) {
    // What can be had by trying again is the engine's to try again; the rest blocks the step.
    if (error instanceof ChangeoverError && error.remedy === 'operator')
      return { kind: 'blocked', because: error.message }
    throw error
  }
}
