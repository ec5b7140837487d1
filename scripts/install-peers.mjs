// The real servers that the system tests talk to. Installed from Debian's packages where that is possible;
// where it is not, the tests that need them are not run, and the test run says which and why.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Program, Debian package. */
export const peers = [
  { program: 'named', debian: 'bind9' },
  { program: 'nsupdate', debian: 'bind9-dnsutils' },
  { program: 'unbound', debian: 'unbound' },
  { program: 'sipp', debian: 'sip-tester' },
  { program: 'kamailio', debian: 'kamailio' },
  { program: 'tshark', debian: 'tshark' },
  { program: '/usr/lib/postgresql/15/bin/postgres', debian: 'postgresql-15' },
]

export function findProgram(program) {
  if (program.startsWith('/')) return existsSync(program)
  // Servers live in sbin, which is not in everybody's path.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.some((folder) => existsSync(join(folder, program)))
}

export function missingPeers() {
  return peers.filter(({ program }) => !findProgram(program))
}

export function installPeers() {
  const missing = missingPeers()
  if (missing.length === 0) return
  const packages = missing.map(({ debian }) => debian)
  const isRootOnDebian = process.getuid?.() === 0 && existsSync('/etc/debian_version')
  if (!isRootOnDebian) {
    process.stdout.write(`not installed, and only root on Debian can: ${packages.join(' ')}\n`)
    return
  }
  process.stdout.write(`installing the servers that tests talk to: ${packages.join(' ')} …\n`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'], env }
  spawnSync('apt-get', ['update', '-qq'], quiet)
  // Packages start their services when they are installed; tests start their own on free ports.
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
    ...quiet,
    env: { ...env, RUNLEVEL: '1' },
  })
}

// `node scripts/install-peers.mjs --missing` prints them as JSON: how the test run names what it could not run.
if (process.argv.includes('--missing')) process.stdout.write(JSON.stringify(missingPeers()))
