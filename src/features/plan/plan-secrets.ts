import type { Plan, PlatformSettings, SecretRef } from './plan.ts'
import { formatPath, type Path } from './problem.ts'
import { readSource } from './source-file.ts'

/** A secret with its place in the plan. */
export interface PlanSecret {
  readonly path: Path
  readonly ref: SecretRef
}

/** Every secret that a plan names, in the order of its parts. */
export function secretsIn({ platforms, dns, crm }: Plan): readonly PlanSecret[] {
  return [
    ...Object.entries(platforms).flatMap(([id, settings]) => ofPlatform(id, settings)),
    ...Object.entries(dns.zones).flatMap(([zone, { key }]) =>
      named(['dns', 'zones', zone, 'key'], key),
    ),
    ...named(['crm', 'token'], crm?.token),
  ]
}

function ofPlatform(id: string, settings: PlatformSettings): readonly PlanSecret[] {
  const at = ['platforms', id]
  if (settings.kind === 'genesys-cloud') {
    const { clientId, clientSecret } = settings
    return [
      ...named([...at, 'clientId'], clientId),
      ...named([...at, 'clientSecret'], clientSecret),
    ]
  }
  const { token, agents } = settings
  const agentsToken = agents?.by === 'rest' ? agents.token : undefined
  return [...named([...at, 'token'], token), ...named([...at, 'agents', 'token'], agentsToken)]
}

function named(path: Path, ref: SecretRef | undefined): readonly PlanSecret[] {
  return ref === undefined ? [] : [{ path, ref }]
}

/**
 * Where a person finds a secret: `platforms.pbx.token, line 15`; without the line where the file is no longer
 * the one that was read.
 *
 * @param text the plan file as it is now
 */
export function placeOfSecret({ path, ref }: PlanSecret, text: string | undefined): string {
  const key = formatPath(path)
  if (text === undefined) return key
  const { line } = readSource(text, '').problemOf(path, 'value', { code: '', message: '' })
  const written = ref.from === 'env' ? `env:${ref.name}` : `file:${ref.path}`
  return text.split('\n')[line - 1]?.includes(written) === true ? `${key}, line ${line}` : key
}
