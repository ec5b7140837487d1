// Who may import whom, checked by dependency-cruiser; fails too when it has read fewer files than there are.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

const folders = ['src', 'test', 'bench', 'scripts']
const sources = folders.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts')),
)

const { stdout, stderr, status } = spawnSync('depcruise', [...folders], { encoding: 'utf8' })
process.stdout.write(stdout + stderr)

const cruised = Number(/(\d+) modules/.exec(stdout)?.[1] ?? 0)
if (cruised < sources.length) {
  process.stdout.write(
    `only ${cruised} of ${sources.length} source files were read: the check proves nothing\n`,
  )
}
process.exitCode = status === 0 && cruised >= sources.length ? 0 : 1
