import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { SecretRef } from '../features/plan/index.ts'
import { ChangeoverError } from '../kernel/errors.ts'

/**
 * A secret that the plan refers to is not there.
 *
 * To do: set the environment variable, or write the file, that the message names; then do the same again.
 */
export class SecretMissingError extends ChangeoverError {
  readonly code = 'config.secret-missing'
  readonly remedy = 'operator'
}

/** Reads secrets when they are needed; they are kept nowhere else. Files are relative to the plan. */
export function createSecretReader(planFile: string, environment: NodeJS.ProcessEnv) {
  return (ref: SecretRef): string => {
    const value = ref.from === 'env' ? environment[ref.name] : readSecretFile(planFile, ref.path)
    if (value !== undefined && value.trim() !== '') return value.trim()
    const what = ref.from === 'env' ? `environment variable ${ref.name}` : `file ${ref.path}`
    throw new SecretMissingError(
      `the plan refers to a secret in ${what}, which is empty or not there`,
      {
        details: { ref },
      },
    )
  }
}

function readSecretFile(planFile: string, path: string): string | undefined {
  try {
    return readFileSync(isAbsolute(path) ? path : join(dirname(planFile), path), 'utf8')
  } catch {
    // Not there, or not readable: said as a missing secret, with its name.
    return undefined
  }
}
