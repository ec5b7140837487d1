import { ChangeoverError } from '../../kernel/errors.ts'
import type { RecordName } from '../../kernel/ids.ts'
import type { RecordSet } from './ports.ts'

/**
 * Somebody else changed the record since it was read; nothing was written (promise 4).
 *
 * To do: find out who else changes this zone. A step that has begun to write goes by what it had read before: put that back,
 * then `changeover retry <run>`; or `changeover rollback <run>`. With something else in the record each retry ends the same way.
 */
export class RecordChangedError extends ChangeoverError {
  readonly code = 'dns.record-changed'
  readonly remedy = 'operator'

  constructor(expected: RecordSet, found: RecordSet | undefined) {
    const read = `TTL ${expected.ttl} s, ${expected.values.join(' | ')}`
    super(
      `${expected.name} ${expected.type} is no longer what it must be (${read}) and was left as it is: put that back, then retry; or roll back`,
      { details: { expected, found: found ?? null } },
    )
  }
}

/**
 * The name server refuses the update (wrong key, wrong zone, not allowed); nothing was written.
 *
 * To do: compare the key's name, algorithm and secret with the server's, and its update policy for this name.
 */
export class DnsRefusedError extends ChangeoverError {
  readonly code = 'dns.refused'
  readonly remedy = 'operator'
}

/**
 * The name server did not answer in time. Whether an update arrived is unknown until it is read back.
 *
 * To do: nothing at first; the engine tries again. If it lasts: is the server up, does the firewall let TCP 53 through?
 */
export class DnsUnreachableError extends ChangeoverError {
  readonly code = 'dns.unreachable'
  readonly remedy = 'retry'
}

/**
 * The record that is to be changed does not exist.
 *
 * To do: compare the name in the plan with the zone.
 */
export class NoRecordError extends ChangeoverError {
  readonly code = 'dns.no-record'
  readonly remedy = 'operator'

  constructor(name: RecordName, type: string) {
    super(`${name} has no ${type} record`, { details: { name, type } })
  }
}

/**
 * No zone of the plan holds this name.
 *
 * To do: add the zone, with its provider, under `dns.zones`.
 */
export class NoZoneError extends ChangeoverError {
  readonly code = 'dns.no-zone'
  readonly remedy = 'operator'

  constructor(name: RecordName) {
    super(`no zone of the plan holds ${name}`, { details: { name } })
  }
}
