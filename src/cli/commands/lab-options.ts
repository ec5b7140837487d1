import { parseFault } from '../../lab/fault-script.ts'
import { UsageError } from '../errors.ts'
import type { HostOptions } from '../lab-host.ts'

/** A lab as the command line describes it. */
export interface LabOptions {
  readonly rate: string
  readonly seed: string
  readonly fault?: readonly string[]
}

/** World time per wall time above which the lab's own sockets and callers no longer keep up. */
const highestRate = 2000

/** @throws {UsageError | UnknownFaultError} before anything is brought up */
export function readLabOptions({
  rate,
  seed,
  fault = [],
}: LabOptions): Pick<HostOptions, 'rate' | 'seed' | 'faults'> {
  fault.map(parseFault)
  const read = { rate: Number(rate), seed: Number(seed), faults: fault }
  if (rate.trim() === '' || !(read.rate > 0 && read.rate <= highestRate))
    throw new UsageError(`--rate takes a number above 0, up to ${highestRate}, not "${rate}"`)
  if (!/^\d{1,9}$/.test(seed))
    throw new UsageError(`--seed takes a whole number of at most nine digits, not "${seed}"`)
  return read
}
