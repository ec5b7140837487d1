export {
  DnsRefusedError,
  DnsUnreachableError,
  NoRecordError,
  NoZoneError,
  RecordChangedError,
} from './errors.ts'
export {
  type Dns,
  type DnsObserver,
  type DnsProvider,
  type RecordSet,
  type RecordType,
  recordTypes,
  type ServerAnswer,
} from './ports.ts'
