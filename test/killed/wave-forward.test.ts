import { describeKilled } from '../support/killed-wave.ts'

await describeKilled('dallas, forward to its end', { wave: 'dallas', faults: [], ends: 'done' })
