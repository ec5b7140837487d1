/**
 * Resolves when this process has nothing more to do at once, which is within the same turn of the event loop.
 *
 * One answer of the database sets many runs going, and each of them asks for the next thing in the same
 * turn. Whoever sends only then sends for all of them; whoever sends at the first question sends for one,
 * and lets the others wait for a whole round trip.
 */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
