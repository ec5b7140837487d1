import { spawnSync } from 'node:child_process'

/*
 * `npm run test:crash`: waves whose runner is killed, in process and as real processes on PostgreSQL.
 * `--all` leaves no place out and takes hours: each verdict is printed when it is there. Everything else is Vitest's.
 */

const given = process.argv.slice(2)
const options = given.filter((argument) => argument !== '--all')
const cuts = options.length < given.length ? { CHANGEOVER_CUTS: 'all' } : {}

const { status } = spawnSync(
  'vitest',
  ['run', '--reporter=verbose', '--project', 'killed', '--project', 'crash', ...options],
  { stdio: 'inherit', env: { ...process.env, ...cuts } },
)
process.exitCode = status ?? 1
