/** Compact forms (RFC 3261 §20 and the extensions' own registrations). */
const compactForms: ReadonlyMap<string, string> = new Map([
  ['a', 'Accept-Contact'],
  ['b', 'Referred-By'],
  ['c', 'Content-Type'],
  ['d', 'Request-Disposition'],
  ['e', 'Content-Encoding'],
  ['f', 'From'],
  ['i', 'Call-ID'],
  ['j', 'Reject-Contact'],
  ['k', 'Supported'],
  ['l', 'Content-Length'],
  ['m', 'Contact'],
  ['n', 'Identity-Info'],
  ['o', 'Event'],
  ['r', 'Refer-To'],
  ['s', 'Subject'],
  ['t', 'To'],
  ['u', 'Allow-Events'],
  ['v', 'Via'],
  ['x', 'Session-Expires'],
  ['y', 'Identity'],
])

const canonical: ReadonlyMap<string, string> = new Map(
  [
    ...compactForms.values(),
    'Accept',
    'Allow',
    'Authorization',
    'CSeq',
    'Expires',
    'Max-Forwards',
    'Proxy-Authenticate',
    'Reason',
    'Record-Route',
    'Require',
    'Retry-After',
    'Route',
    'Server',
    'Timestamp',
    'Unsupported',
    'User-Agent',
    'Warning',
    'WWW-Authenticate',
  ].map((name) => [name.toLowerCase(), name]),
)

/** Spellings that are seen every day, letter by letter. */
export const usualHeaderNames: readonly string[] = [
  ...compactForms.keys(),
  ...canonical.values(),
  'Call-Info',
  'Content-Disposition',
  'Date',
  'Diversion',
  'Min-Expires',
  'Min-SE',
  'P-Asserted-Identity',
  'Path',
  'Privacy',
  'Proxy-Authorization',
  'Proxy-Require',
  'RAck',
  'RSeq',
  'Subscription-State',
  'User-to-User',
]

/** `v` and `VIA` are `Via`; a name nobody knows stays as it was written. */
export function canonicalHeaderName(name: string): string {
  const lower = name.toLowerCase()
  return compactForms.get(lower) ?? canonical.get(lower) ?? name
}
