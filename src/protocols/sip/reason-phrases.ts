/** Of RFC 3261 §21, for the answers that we give. */
const phrases: ReadonlyMap<number, string> = new Map([
  [200, 'OK'],
  [405, 'Method Not Allowed'],
  [408, 'Request Timeout'],
  [480, 'Temporarily Unavailable'],
  [486, 'Busy Here'],
  [503, 'Service Unavailable'],
  [504, 'Server Time-out'],
  [603, 'Decline'],
])

/** What is written behind a status; only people read it. */
export const reasonPhrase = (status: number): string => phrases.get(status) ?? 'Refused'
