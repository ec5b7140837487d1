import type { Run } from '../../http/contract/run.ts'

interface Hands {
  /** Who has its lease this moment. */
  readonly holder: string | undefined
  /** Of the server that answers; it carries on every run that is not paused. */
  readonly url: string | undefined
}

/** Who has an open run. A lease is given back between two looks, so that nobody has it proves nothing. */
export function carriedBy({ run, paused }: Run, { holder, url }: Hands): string {
  if (holder !== undefined) return `carried on by ${holder}`
  if (paused !== undefined && paused.until === undefined)
    return `nobody carries it on while it is paused: changeover resume ${run}`
  if (url !== undefined) return `carried on by the server at ${url}`
  return `no process is at work on it this moment; unless a terminal shows it waiting, nobody watches it: changeover resume ${run}, or changeover serve`
}

/** Which way an open run goes, how far it is, and what stops it. */
export function doingOf({ direction, steps, paused }: Run): string {
  const isDone = ({ phase }: Run['steps'][number]) => phase === 'verified' || phase === 'skipped'
  const step = `step ${steps.findLastIndex(isDone) + 1} of ${steps.length}`
  const holds = steps.some(({ heldBecause }) => heldBecause !== undefined) ? ', HOLD' : ''
  const stopped =
    paused === undefined
      ? ''
      : `, ${paused.until === undefined ? 'paused' : 'held'} by ${paused.by}`
  return `going ${direction}, ${step}${holds}${stopped}`
}
