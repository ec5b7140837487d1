import { createRandom } from '../../src/kernel/random.ts'

/** Nothing is left out: `npm run test:crash -- --all`, which sets CHANGEOVER_CUTS=all. */
export const isEveryCut = () => process.env['CHANGEOVER_CUTS'] === 'all'

/**
 * Places, 1 to `of`, at which something is cut: spread over the whole, one drawn from each part, so that a
 * sample meets beginning, middle and end. Another sample with CHANGEOVER_SEED.
 */
export function cuts(sample: number, of: number): readonly number[] {
  if (isEveryCut()) return Array.from({ length: of }, (_, index) => index + 1)
  const random = createRandom(Number(process.env['CHANGEOVER_SEED'] ?? '11'))
  return Array.from(
    { length: Math.min(sample, of) },
    (_, part, count = Math.min(sample, of)) =>
      1 + Math.floor((of * (part + random.next())) / count),
  )
}
