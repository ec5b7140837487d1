import { execFileSync } from 'node:child_process'

interface Peer {
  readonly program: string
  readonly debian: string
}

/**
 * Ends a test run by naming the real servers that were not there, and so what was not run.
 *
 * With CI=true that is a failure: a green run that left tests out would say too much.
 */
export default function nameMissingPeers(): () => void {
  const printed = execFileSync(process.execPath, ['scripts/install-peers.mjs', '--missing'])
  const missing: readonly Peer[] = JSON.parse(printed.toString())
  return () => {
    if (missing.length === 0) return
    const packages = missing.map(({ debian }) => debian).join(' ')
    const programs = missing.map(({ program }) => program).join(', ')
    process.stdout.write(
      `\nNOT RUN: what needs ${programs}. On Debian: apt-get install --no-install-recommends ${packages}\n`,
    )
    if (process.env['CI'] === 'true') process.exitCode = 1
  }
}
