import { sayFound, sayPromotion, sayReadBack, sayTaken } from '../../engine/decide-read-back.ts'
import type { RunEvent } from '../../engine/run-event.ts'
import type { RunState } from '../../engine/run-state.ts'
import type { RunLine } from './run-line.ts'

type PromotionEvent = Extract<
  RunEvent,
  { kind: 'database-promoted' | 'read-back' | 'read-back-failed' }
>

/** What is said when the database failed over: that it did, and what was found. */
export function promotionLine(state: RunState, event: PromotionEvent): RunLine {
  if (event.kind === 'database-promoted')
    return {
      mark: '·',
      text: `${sayPromotion(event)}; everything is read back before anything is written`,
    }
  if (event.kind === 'read-back-failed') return { mark: '▶', text: sayReadBack(state) }
  if (state.promotion?.readBack?.found !== undefined)
    return {
      mark: '⏸',
      text: `HOLD ${sayFound(state, event)} · owner operator decides, else it stays`,
    }
  const found = event.lost.length + (event.unread?.length ?? 0)
  const said = found === 0 ? '; nothing beyond the journal' : sayTaken(state)
  return { mark: '✔', text: `read back, ${event.looked} changes looked at${said}` }
}

/** Below the first line of `status`: why it holds, and what to do next. */
export function promotionLines(state: RunState): readonly string[] {
  const readBack = state.promotion?.readBack
  if (readBack === undefined) return []
  const because = sayReadBack(state)
  if (readBack.found === undefined) return [`reading   ${because}`]
  return [
    `HOLD      ${because} · owner operator decides, else it stays`,
    `next      look at these steps in the vendors' consoles; then changeover resume ${state.run}, or changeover rollback ${state.run}`,
  ]
}
