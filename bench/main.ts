import { parseArgs } from 'node:util'
import { engineBench } from './engine.ts'
import type { Bench } from './figure.ts'
import { describeMachine, machineFacts } from './machine.ts'
import { asJson, asTable } from './print.ts'
import { sipParseBench } from './sip-parse.ts'
import { verbBench } from './verbs.ts'

const benches: readonly Bench[] = [engineBench, verbBench, sipParseBench]
const fewestRuns = 5

const say = (line: string) => process.stdout.write(`${line}\n`)
/** Progress goes beside the figures, so that `--json` can be piped. */
const report = (line: string) => process.stderr.write(`${line}\n`)

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' }, runs: { type: 'string' } },
  })
  const runs = Number(values.runs ?? fewestRuns)
  const unknown = positionals.filter((name) => !benches.some((bench) => bench.name === name))
  if (unknown.length > 0 || !Number.isInteger(runs) || runs < fewestRuns) {
    report(`usage: npm run bench [-- [--json] [--runs ${fewestRuns}…] [name …]]`)
    report(`names: ${benches.map((bench) => bench.name).join(', ')}`)
    return 2
  }
  const chosen = benches.filter(
    ({ name }) => positionals.length === 0 || positionals.includes(name),
  )
  report(describeMachine(machineFacts()))
  for (const bench of chosen) {
    const figures = await bench.measure({ runs, report })
    if (values.json === true) for (const figure of figures) say(asJson(figure))
    else say(asTable(figures))
  }
  return 0
}

process.exitCode = await main()
