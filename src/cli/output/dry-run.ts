import type { Preview } from '../../app/preview-wave.ts'
import type { Outlook } from '../../engine/look-ahead.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { ms } from '../../kernel/units.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type Printer, paint } from './print.ts'

/** 4 when the window is over, 1 when a way back is not open or a step can't be done as things are, 3 when something could not be read, else 0. */
export function dryRunExit({ outlooks, window }: Preview): ExitCode {
  if (window?.kind === 'past') return exitCodes.refusedForSafety
  if (outlooks.some((one) => isBlocked(one) || isImpossible(one))) return exitCodes.noGo
  return outlooks.some(isUnknown) ? exitCodes.hold : exitCodes.go
}

/** Every step with its exact effect, its way back and its vendor calls. */
export function printDryRun(printer: Printer, preview: Preview): void {
  const { runbook, outlooks } = preview
  const calls = sum(outlooks.map(callsOf))
  const forward = sum(outlooks.map(({ bound }) => bound.definition.estimate(bound.input)))
  const back = sum(outlooks.map(backOf))
  printer.line(
    `wave ${runbook.name} · ${outlooks.length} steps · at most ${calls} vendor calls · about ${formatDuration(ms(forward))} · way back at worst ${formatDuration(ms(back))}`,
  )
  for (const line of windowLine(printer, preview)) printer.line(line)
  for (const override of runbook.overrides) printer.line(`override  ${override}`)
  printer.line()
  for (const [index, outlook] of outlooks.entries()) {
    const number = String(index + 1).padStart(3)
    for (const line of linesOf(printer, outlook, number)) printer.line(line)
  }
  for (const guard of runbook.guards) {
    printer.line(
      `guard  ${guard.title}: every ${formatDuration(guard.every)} after ${guard.after}, until ${guard.until}`,
    )
  }
  printer.line(`\n${conclusionOf(preview).join(' · ')}`)
}

function linesOf(printer: Printer, outlook: Outlook, number: string): readonly string[] {
  const { planned, bound, effect } = outlook
  const when = planned.visited === 'back' ? ' (way back only)' : ''
  if (bound.definition.type === 'check')
    return [`${number}  ${paint(printer, 'dim', `${planned.title}${when}: ${effect.text}`)}`]
  return [
    `${number}  ${paint(printer, 'bold', planned.title)}`,
    `       ${effect.kind === 'impossible' ? paint(printer, 'red', `✖ ${effectLine(effect)}`) : effectLine(effect)}`,
    ...wayBackLine(printer, outlook),
  ]
}

function effectLine(effect: Outlook['effect']): string {
  switch (effect.kind) {
    case 'exact':
      return effect.text
    case 'already':
      return `nothing: it is so already (${effect.text})`
    case 'impossible':
      return `${effect.text}; it can't be done as things are: ${effect.because}`
    case 'unknown':
      return `${effect.text}; what is there now could not be read: ${effect.because}`
  }
}

function wayBackLine(printer: Printer, outlook: Outlook): readonly string[] {
  const { bound, wayBack, effect } = outlook
  const { definition, input } = bound
  const calls = `${callsOf(outlook)} calls`
  if (definition.type === 'check' || effect.kind === 'already') return []
  if (definition.reversibility === 'irreversible')
    return [`       no way back; the way forward: ${definition.wayForward} · ${calls}`]
  const time = `${definition.reversibility}, ${formatDuration(definition.estimateUndo(input))}`
  if (wayBack?.kind === 'blocked')
    return [paint(printer, 'red', `       ✖ way back is not open: ${wayBack.because}`)]
  const inverse = wayBack === undefined ? '' : `: ${wayBack.inverse}`
  return [`       ↩ ${time}${inverse} · ${calls}`]
}

/** When the window is: what the steps after it will wait for, or will never see. */
function windowLine(printer: Printer, { window }: Preview): readonly string[] {
  if (window === undefined) return []
  const style = { past: 'red', late: 'yellow', fits: 'dim' } as const
  return [paint(printer, style[window.kind], `window  ${window.because}`)]
}

const windowTroubles = {
  past: ['the window is over: the run would be refused'],
  late: ['the window is too soon for a start now: see above'],
  fits: [],
} as const

const isBlocked = ({ wayBack }: Outlook) => wayBack?.kind === 'blocked'
const isImpossible = ({ effect }: Outlook) => effect.kind === 'impossible'
const isUnknown = ({ effect }: Outlook) => effect.kind === 'unknown'

function conclusionOf({ runbook, outlooks, window }: Preview): readonly string[] {
  return [
    ...windowTroubles[window?.kind ?? 'fits'],
    ...saidOf(outlooks.filter(isImpossible), "can't be done as things are"),
    ...saidOf(outlooks.filter(isBlocked), 'would have no way back: the run would stop there'),
    ...saidOf(outlooks.filter(isUnknown), 'could not be read'),
    'nothing was changed',
    `preflight was not asked: changeover preflight ${runbook.plan.file} --wave ${runbook.name}`,
  ]
}

function saidOf(outlooks: readonly Outlook[], what: string): readonly string[] {
  const { length } = outlooks
  if (length === 0) return []
  const titles = outlooks.map(({ planned }) => planned.title).join(', ')
  return [`${length} ${length === 1 ? 'step' : 'steps'} ${what}: ${titles}`]
}

function callsOf({ bound: { definition, input }, effect }: Outlook): number {
  return definition.type === 'change' && effect.kind !== 'already' ? definition.cost(input) : 0
}

/** What a step adds to the way back: its undo, or, of a check that is asked on the way back, its wait. */
function backOf({ planned, bound: { definition, input } }: Outlook): number {
  if (definition.type === 'check')
    return planned.visited === 'forward' ? 0 : definition.estimate(input)
  return definition.reversibility === 'irreversible' ? 0 : definition.estimateUndo(input)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
