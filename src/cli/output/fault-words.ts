import { parseFault } from '../../lab/fault-script.ts'

/** What a reader of the demo's end has to know of the accidents that were asked for; nothing of most. */
export function faultWords(faults: readonly string[]): readonly string[] {
  const parsed = faults.map(parseFault)
  const isUnseen = parsed.some((fault) => fault.kind === 'black-hole' && fault.sparesTests)
  if (!isUnseen) return []
  return [
    'black-hole spares test calls and leaves no record at any platform, so no gate can see it: only the world’s own ledger does, which life does',
    'not have. It shows that this verdict can fail. black-hole-all swallows test calls too, and is the one that the product has to notice.',
  ]
}
