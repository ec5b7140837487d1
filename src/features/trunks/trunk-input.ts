import { z } from 'zod'
import type { StepContext } from '../../engine/step.ts'
import { type PlatformId, platformId } from '../../kernel/ids.ts'
import { NotFoundError, type Platforms, type Trunk, type TrunkSpec } from '../platform/index.ts'

export type PlatformContext = StepContext<{ readonly platforms: Platforms }>

export const platformInput = z.string().min(1).transform(platformId)

export const trunkSpecInput = z.object({
  name: z.string().min(1),
  codecs: z.array(z.string().min(1)).min(1),
  callerId: z.string().min(1).exactOptional(),
  maxSessions: z.number().int().positive().exactOptional(),
  transport: z.enum(['udp', 'tcp', 'tls']),
  srtp: z.enum(['off', 'sdes', 'dtls']).exactOptional(),
  allowList: z.array(z.string()),
})

/** By what name a step foretells that a trunk will be there, and `armed` or `off`. */
export function switchOf(platform: PlatformId, trunk: string): string {
  return `trunk ${trunk} of ${platform}`
}

/** @throws {NotFoundError} when the platform has no trunk of this name */
export async function readTrunk(
  input: { readonly platform: PlatformId; readonly trunk: string },
  { ports, signal }: PlatformContext,
): Promise<Trunk> {
  const found = await ports.platforms.port(input.platform, 'trunks').find(input.trunk, signal)
  if (found === undefined) throw new NotFoundError(`${input.platform} has no trunk ${input.trunk}`)
  return found
}

/** The part of a trunk that a plan can ask for. */
export function specOf(trunk: Trunk): TrunkSpec {
  const { id: _, enabled: __, managed: ___, ...spec } = trunk
  return spec
}
