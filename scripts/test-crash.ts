import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/*
 * `npm run test:crash`: waves whose runner is killed, in process and as real processes on PostgreSQL.
 * `--all` leaves no place out and takes hours: each verdict is printed when it is there. Everything else is Vitest's.
 */

const given = process.argv.slice(2)
const options = given.filter((argument) => argument !== '--all')
const cuts = options.length < given.length ? { CHANGEOVER_CUTS: 'all' } : {}

// Each wave's world runs 400 times as fast as the clock, so five minutes of patience are 0.75 s: more waves at once
// than processors starve each other, and a wave that is starved goes back, as it should.
const atOnce = `--maxConcurrency=${Math.max(2, availableParallelism())}`

const { status } = spawnSync(
  'vitest',
  ['run', '--reporter=verbose', atOnce, '--project', 'killed', '--project', 'crash', ...options],
  { stdio: 'inherit', env: { ...process.env, ...cuts } },
)
process.exitCode = status ?? 1
