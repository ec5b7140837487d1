import { parseDuration } from '../kernel/duration.ts'
import { ChangeoverError } from '../kernel/errors.ts'
import type { Milliseconds } from '../kernel/units.ts'
import { type Side, sides } from './estate.ts'

/** One accident, as data. */
export type Fault =
  /** This share (0 to 1) of the callers who reach the target is answered by nothing, test calls of such callers too. */
  | { readonly kind: 'black-hole'; readonly share: number }
  /** Upserts of calls that the target handled fail, from the moment it keeps at least this share (0 to 1) of the site. */
  | { readonly kind: 'crm-failing'; readonly site: string; readonly fromShare: number }
  | { readonly kind: 'sbc-slow'; readonly by: Milliseconds }
  | { readonly kind: 'sbc-error' }
  | { readonly kind: 'sbc-reloading' }
  | { readonly kind: 'sip-reject'; readonly side: Side; readonly status: 408 | 503 }
  | { readonly kind: 'sip-silence'; readonly side: Side }
  /** Authoritative servers beside the primary show a change only after this long. */
  | { readonly kind: 'dns-lag'; readonly by: Milliseconds }

/**
 * A fault's name or its argument is not known.
 *
 * To do: take one of the names that the message lists, with its argument after a colon: `crm-failing:reno`.
 */
export class UnknownFaultError extends ChangeoverError {
  readonly code = 'lab.unknown-fault'
  readonly remedy = 'operator'
}

const makers: Readonly<Record<string, (argument: string) => Fault | undefined>> = {
  'black-hole': (argument) => {
    const share = argument === '' ? 0.4 : Number(argument)
    return share > 0 && share <= 1 ? { kind: 'black-hole', share } : undefined
  },
  'crm-failing': (argument) => {
    const [site = '', percent = '0'] = argument.split('@')
    const fromShare = Number(percent) / 100
    const isValid = site !== '' && fromShare >= 0 && fromShare <= 1
    return isValid ? { kind: 'crm-failing', site, fromShare } : undefined
  },
  'sbc-slow': (argument) => withDuration(argument, '5s', (by) => ({ kind: 'sbc-slow', by })),
  'sbc-error': () => ({ kind: 'sbc-error' }),
  'sbc-reloading': () => ({ kind: 'sbc-reloading' }),
  'sip-408': (side) => atSide(side, (one) => ({ kind: 'sip-reject', side: one, status: 408 })),
  'sip-503': (side) => atSide(side, (one) => ({ kind: 'sip-reject', side: one, status: 503 })),
  'sip-silence': (side) => atSide(side, (one) => ({ kind: 'sip-silence', side: one })),
  'dns-lag': (argument) => withDuration(argument, '2m', (by) => ({ kind: 'dns-lag', by })),
}

/** Every name that `parseFault` takes. */
export const faultNames = Object.keys(makers)

/**
 * Reads a fault as a command line names it: `black-hole`, `black-hole:0.05`, `crm-failing:reno@20`,
 * `sip-503:genesys-cloud`, `sbc-slow:8s`, `dns-lag:3m`.
 */
export function parseFault(text: string): Fault {
  const [name = '', ...rest] = text.split(':')
  const fault = makers[name]?.(rest.join(':'))
  if (fault === undefined) {
    throw new UnknownFaultError(
      `the lab knows no fault "${text}"; it knows ${faultNames.join(', ')}`,
      { details: { fault: text } },
    )
  }
  return fault
}

function withDuration(
  argument: string,
  otherwise: string,
  make: (by: Milliseconds) => Fault,
): Fault | undefined {
  const by = parseDuration(argument === '' ? otherwise : argument)
  return by === undefined ? undefined : make(by)
}

function atSide(argument: string, make: (side: Side) => Fault): Fault | undefined {
  const side = sides.find((one) => one === (argument === '' ? 'genesys-cloud' : argument))
  return side === undefined ? undefined : make(side)
}
