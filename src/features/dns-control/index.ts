export {
  DnsRefusedError,
  DnsUnreachableError,
  NoRecordError,
  NoZoneError,
  RecordChangedError,
} from './errors.ts'
export { judgePropagation, type Propagation, type PropagationVerdict } from './judge-propagation.ts'
export { lowerTtlStep } from './lower-ttl-step.ts'
export {
  type Dns,
  type DnsObserver,
  type DnsProvider,
  type RecordSet,
  type RecordType,
  recordTypes,
  type ServerAnswer,
} from './ports.ts'
export { propagationCheck } from './propagation-check.ts'
export { sameValues, valuesOf } from './record-input.ts'
export { type OldTtl, oldTtlOf, recordKey, rememberTtls } from './remember-ttls.ts'
export { restoreTtlStep } from './restore-ttl-step.ts'
export { waitOldTtlCheck } from './wait-old-ttl-check.ts'
