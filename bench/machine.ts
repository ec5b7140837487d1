import { open, rm } from 'node:fs/promises'
import { arch, cpus, loadavg, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import { quantile } from './figure.ts'

export interface Machine {
  readonly cores: number
  readonly processor: string
  readonly memoryGb: number
  readonly system: string
  readonly node: string
  /** Processes that wanted a core in the last minute: above 0 before a benchmark, others were at work. */
  readonly load: number
}

export function machineFacts(): Machine {
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()}`,
    node: process.version,
    load: loadavg()[0] ?? 0,
  }
}

export function describeMachine({
  cores,
  processor,
  memoryGb,
  system,
  node,
  load,
}: Machine): string {
  return (
    `${cores} cores (${processor}), ${memoryGb} GB, ${system}, Node ${node}, ` +
    `load ${load.toFixed(1)} at the start`
  )
}

const flushes = 101
const pageBytes = 8192

/** What the disk takes to keep one page for good: the floor under every durable entry. */
export async function flushMs(directory: string): Promise<number> {
  const path = join(directory, 'flush-probe')
  const file = await open(path, 'w')
  const page = Buffer.alloc(pageBytes, 1)
  const taken: number[] = []
  try {
    for (let round = 0; round < flushes; round += 1) {
      const began = performance.now()
      await file.write(page, 0, pageBytes, round * pageBytes)
      await file.datasync()
      taken.push(performance.now() - began)
    }
  } finally {
    await file.close()
    await rm(path, { force: true })
  }
  return quantile(taken, 0.5)
}
