import { parseFault } from '../../lab/fault-script.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { hostLab } from '../lab-host.ts'
import type { Shell } from '../shell.ts'

export interface LabUpOptions {
  readonly fault?: readonly string[]
  readonly rate: string
  readonly seed: string
}

/** `lab up`: the simulated world on loopback sockets, with a plan that fits it, until Ctrl-C. */
export async function labUp(shell: Shell, options: LabUpOptions): Promise<ExitCode> {
  const faults = options.fault ?? []
  faults.map(parseFault)
  const { dataDirectory, printer, interrupted } = shell
  const { rate, seed } = options
  const hosted = await hostLab({ dataDirectory, rate: Number(rate), seed: Number(seed), faults })
  const { endpoints } = hosted.lab
  printer.line(
    `the lab is up: its world runs at ${rate}×, and jumps through waits of more than 20 minutes, but not while a person is awaited`,
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
