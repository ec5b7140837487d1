import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, resolve } from 'node:path'
import {
  type Plan,
  type PlanSecret,
  placeOfSecret,
  type SecretRef,
  secretsIn,
} from '../features/plan/index.ts'
import { ChangeoverError } from '../kernel/errors.ts'

/**
 * Secrets that the plan refers to are not there for the process that needs them: the one that has the run, which is the
 * server where one is up.
 *
 * To do: set the environment variables where that process is started, or write the files, that the message names; a process gets
 * a new variable only when it is started again. Then do the same again.
 */
export class SecretMissingError extends ChangeoverError {
  readonly code = 'config.secret-missing'
  readonly remedy = 'operator'
}

/**
 * Reads secrets when they are needed; they are kept nowhere else. Files are relative to the plan.
 *
 * @throws {SecretMissingError} naming all that are missing, before anything is begun with those that are there
 */
export function createSecretReader(
  plan: Plan,
  environment: NodeJS.ProcessEnv,
): (ref: SecretRef) => string {
  const missing = secretsIn(plan).filter(({ ref }) => 'missing' in look(ref, plan, environment))
  if (missing.length > 0) throw missingError(plan, missing, environment)
  return (ref) => {
    const found = look(ref, plan, environment)
    if ('value' in found) return found.value
    throw missingError(
      plan,
      secretsIn(plan).filter((secret) => secret.ref === ref),
      environment,
    )
  }
}

type FoundSecret = { readonly value: string } | { readonly missing: string }

const look = (ref: SecretRef, { file }: Plan, environment: NodeJS.ProcessEnv) =>
  lookUpSecret(ref, dirname(file), environment)

/** What a reference stands for, or in words why nothing; a file is looked for from `folder`. */
export function lookUpSecret(
  ref: SecretRef,
  folder: string,
  environment: NodeJS.ProcessEnv,
): FoundSecret {
  if (ref.from === 'env') {
    const value = environment[ref.name]
    const what = `environment variable ${ref.name}`
    return foundOr(value, `${what} ${value === undefined ? 'is not set' : 'is empty'}`)
  }
  const path = resolve(folder, ref.path)
  try {
    return foundOr(readFileSync(path, 'utf8'), `file ${path} is empty`)
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : thrown
    return {
      missing: `file ${path} ${code === 'ENOENT' ? 'is not there' : `can't be read: ${code}`}`,
    }
  }
}

function foundOr(value: string | undefined, missing: string): FoundSecret {
  const text = value?.trim() ?? ''
  return text === '' ? { missing } : { value: text }
}

function missingError(
  plan: Plan,
  secrets: readonly PlanSecret[],
  environment: NodeJS.ProcessEnv,
): SecretMissingError {
  const text = textOf(plan.file)
  const each = secrets.flatMap((secret) => {
    const found = look(secret.ref, plan, environment)
    return 'missing' in found ? [`${found.missing} (${placeOfSecret(secret, text)})`] : []
  })
  const { length } = each
  const count = length === 1 ? 'a secret of the plan is' : `${length} secrets of the plan are`
  const process_ = `process ${process.pid} on ${hostname()}`
  return new SecretMissingError(
    `${count} missing to ${process_}: ${each.join('; ')}. Set variables where that process is started, and start it again`,
    { details: { plan: plan.file } },
  )
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // A run goes on without its plan's file; only the lines can't be said then.
    return undefined
  }
}
