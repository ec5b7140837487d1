/** Record types by name (IANA "DNS parameters"); only those this product reads or writes. */
export const dnsType = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  OPT: 41,
  TSIG: 250,
  ANY: 255,
} as const

/** NONE and ANY are what RFC 2136 §2.4 and §2.5 write conditions and deletions with. */
export const dnsClass = { IN: 1, NONE: 254, ANY: 255 } as const

export const dnsOpcode = { QUERY: 0, NOTIFY: 4, UPDATE: 5 } as const

export const dnsRcode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
} as const

/** Errors that stand in a TSIG record, not in the header (RFC 8945 §3). */
export const tsigError = { BADSIG: 16, BADKEY: 17, BADTIME: 18, BADTRUNC: 22 } as const

const rcodeNames = new Map<number, string>(
  Object.entries({ ...dnsRcode, ...tsigError }).map(([name, code]) => [code, name]),
)

/** `NXRRSET`; `rcode 23` for one without a name here. */
export function rcodeName(code: number): string {
  return rcodeNames.get(code) ?? `rcode ${code}`
}
