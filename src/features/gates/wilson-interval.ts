/** 97.5th percentile of the normal distribution: an interval that holds 95 times of 100. */
const z = 1.959964

/**
 * The 95 % interval of a rate by Wilson's score method: it stays within 0 and 1, and says something
 * sensible for few calls and for none that failed, where the textbook interval has no width.
 */
export function wilsonInterval(
  numerator: number,
  denominator: number,
): readonly [low: number, high: number] {
  if (denominator === 0) return [0, 1]
  const rate = numerator / denominator
  const scale = 1 + z ** 2 / denominator
  const middle = (rate + z ** 2 / (2 * denominator)) / scale
  const spread = rate * (1 - rate) + z ** 2 / (4 * denominator)
  const half = (z * Math.sqrt(spread / denominator)) / scale
  // None and all are certain to be possible: rounding must not shut them out.
  const low = numerator === 0 ? 0 : Math.max(0, middle - half)
  const high = numerator === denominator ? 1 : Math.min(1, middle + half)
  return [low, high]
}
