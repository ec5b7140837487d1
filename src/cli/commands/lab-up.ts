import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { hostLab } from '../lab-host.ts'
import type { Shell } from '../shell.ts'
import { type LabOptions, readLabOptions } from './lab-options.ts'

/** `lab up`: the simulated world on loopback sockets, with a plan that fits it, until Ctrl-C. */
export async function labUp(shell: Shell, options: LabOptions): Promise<ExitCode> {
  const { dataDirectory, printer, interrupted } = shell
  const read = readLabOptions(options)
  const hosted = await hostLab({ dataDirectory, ...read })
  const { endpoints } = hosted.lab
  printer.line(
    `the lab is up: its world runs at ${read.rate}×, and jumps through waits of more than 20 minutes, but not while a person is awaited`,
  )
  printer.line(`  Genesys API ${endpoints.genesysApi}`)
  printer.line(`  SBC         ${endpoints.sbcRpc}`)
  printer.line(`  plan        ${hosted.planFile}`)
  printer.line('in another terminal:')
  printer.line(`  export CHANGEOVER_LAB=${hosted.control} CHANGEOVER_DATA=${hosted.folder}`)
  printer.line(`  npx changeover preflight ${hosted.planFile}`)
  printer.line(`  npx changeover run ${hosted.planFile} --wave dallas`)
  printer.line('Ctrl-C ends the lab and removes its folder')
  await until(interrupted)
  await hosted.close()
  return exitCodes.go
}

/** Resolves with the first Ctrl-C. */
export function until(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
