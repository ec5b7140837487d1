const secretName = /token|secret|passw|credential|authori[sz]ation|api-?key/i
const hidden = '[redacted]'
/** Enough to recognise an answer by; little enough that no personal data of size gets into a journal. */
const excerptLength = 300

/**
 * The beginning of a body, fit for an error message: members named like secrets are blanked, whatever
 * holds one of `secrets` is too (promise 10).
 */
export function excerptOf(body: string, secrets: readonly string[] = []): string {
  const parsed = parsedJson(body)
  const text = parsed === undefined ? blankPairs(body) : JSON.stringify(blankMembers(parsed))
  return blankSecrets(text, secrets).replace(/\s+/g, ' ').trim().slice(0, excerptLength)
}

/** Takes each of `secrets` out of a text, and what follows `Bearer` or `Basic`: gateways echo whole headers. */
export function blankSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length > 0)
    .reduce((rest, secret) => rest.replaceAll(secret, hidden), blankSchemes(text))
}

function blankSchemes(text: string): string {
  return text.replace(/\b(Bearer|Basic)\s+[\w+/=.~-]+/gi, `$1 ${hidden}`)
}

/** JSON of a text; undefined when it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function blankMembers(value: unknown): unknown {
  if (typeof value === 'string') return blankPairs(value)
  if (Array.isArray(value)) return value.map(blankMembers)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      secretName.test(name) ? hidden : blankMembers(member),
    ]),
  )
}

function blankPairs(text: string): string {
  return blankSchemes(text).replace(
    /([\w-]*(?:token|secret|passw|credential|api-?key)[\w-]*["']?\s*[=:]\s*["']?)[^\s"'&,;<]+/gi,
    `$1${hidden}`,
  )
}
