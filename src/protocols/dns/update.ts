import { dnsClass, dnsOpcode, dnsRcode, dnsType } from './codes.ts'
import type { DnsData } from './data.ts'
import type { DnsMessage, DnsRecord } from './message.ts'

/** What must hold before anything is changed (RFC 2136 §2.4). TTLs can't be part of it. */
export type UpdateCondition =
  /** Exactly these values, no more and no fewer. */
  | {
      readonly kind: 'rrset-is'
      readonly name: string
      readonly type: number
      readonly data: readonly DnsData[]
    }
  | { readonly kind: 'rrset-absent'; readonly name: string; readonly type: number }

/** One change (RFC 2136 §2.5). */
export type UpdateChange =
  | { readonly kind: 'delete-rrset'; readonly name: string; readonly type: number }
  /** Deleting a value that isn't there is no error and changes nothing (§3.4.2.4). */
  | {
      readonly kind: 'delete'
      readonly name: string
      readonly type: number
      readonly data: DnsData
    }
  | {
      readonly kind: 'add'
      readonly name: string
      readonly type: number
      readonly ttl: number
      readonly data: DnsData
    }

/** A dynamic update: all changes or none, and none unless every condition holds. */
export interface DnsUpdate {
  readonly zone: string
  readonly conditions: readonly UpdateCondition[]
  readonly changes: readonly UpdateChange[]
}

export function updateMessage(id: number, update: DnsUpdate): DnsMessage {
  return {
    id,
    opcode: dnsOpcode.UPDATE,
    rcode: dnsRcode.NOERROR,
    flags: {
      response: false,
      authoritative: false,
      truncated: false,
      recursionDesired: false,
      recursionAvailable: false,
    },
    questions: [{ name: update.zone, type: dnsType.SOA, class: dnsClass.IN }],
    answers: update.conditions.flatMap(conditionRecords),
    authority: update.changes.map(changeRecord),
    additional: [],
  }
}

function conditionRecords(condition: UpdateCondition): readonly DnsRecord[] {
  const { name, type } = condition
  if (condition.kind === 'rrset-absent') {
    return [{ name, type, class: dnsClass.NONE, ttl: 0, data: { kind: 'empty' } }]
  }
  return condition.data.map((data) => ({ name, type, class: dnsClass.IN, ttl: 0, data }))
}

function changeRecord(change: UpdateChange): DnsRecord {
  const { name, type } = change
  switch (change.kind) {
    case 'delete-rrset':
      return { name, type, class: dnsClass.ANY, ttl: 0, data: { kind: 'empty' } }
    case 'delete':
      return { name, type, class: dnsClass.NONE, ttl: 0, data: change.data }
    case 'add':
      return { name, type, class: dnsClass.IN, ttl: change.ttl, data: change.data }
  }
}
