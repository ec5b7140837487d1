import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

/*
 * `npm run record`: runs the demonstration and puts what it printed, shortened, into the README's first block.
 *
 * Left out are the lines that only wait, and steps that say little; what is there stands as it was printed.
 */

const widest = 150

/** Forward steps that are shown of a wave; of the second one the first has shown the rest already. */
const shown = {
  first:
    /preflight|lower TTL|old TTL|agents on one side|share|test calls +\d|select|rollback trigger|propagation|gate|served out|soak|drain|release|done/,
  second: /share [^0]|select|rollback trigger|propagation|drain target|rolling back|back:/,
}

/** What was wrapped for a terminal is one line again. */
function unwrapped(output: string): readonly string[] {
  const lines: string[] = []
  for (const line of output.split('\n')) {
    if (/^ {31}\S/.test(line)) lines.push(`${lines.pop() ?? ''} ${line.trim()}`)
    else lines.push(line)
  }
  return lines
}

function isShown(line: string, wave: keyof typeof shown, previous: string): boolean {
  if (/^wave |^$/.test(line) || line.startsWith(' ↩')) return true
  if (/^ {3}wave/.test(line)) return /share \d/.test(previous)
  if (/^ {6}last| ▶/.test(line)) return false
  return shown[wave].test(line)
}

function recorded(output: string): string {
  const lines = unwrapped(output)
  const [first, second] = lines.flatMap((line, index) => (line.startsWith('wave ') ? [index] : []))
  const summary = lines.findIndex((line) => line.startsWith('What the world'))
  if (first === undefined || second === undefined || summary < 0)
    throw new Error('the demonstration printed no two waves and a summary')
  const ofWave = (wave: keyof typeof shown, from: number, to: number) =>
    lines.slice(from, to).filter((line, index, all) => isShown(line, wave, all[index - 1] ?? ''))
  return [
    ...ofWave('first', first, second),
    ...ofWave('second', second, summary),
    ...lines.slice(summary),
  ]
    .map((line) => (line.length > widest ? `${line.slice(0, widest - 1)}…` : line))
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
}

const given = process.argv[2]
const run = () => {
  const { stdout, status } = spawnSync(process.execPath, ['src/cli/main.ts', 'demo', '--once'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status !== 0) throw new Error(`the demonstration ended with ${status}`)
  return stdout
}
const readme = readFileSync('README.md', 'utf8')
const text = recorded(given === undefined ? run() : readFileSync(given, 'utf8'))
writeFileSync(
  'README.md',
  readme.replace(/```\n[\s\S]*?\n```/, () => `\`\`\`\n${text}\n\`\`\``),
)
