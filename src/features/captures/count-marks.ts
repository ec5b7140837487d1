/** Counts packets by DSCP. */
export function countMark(marks: Map<number, number>, dscp: number): void {
  marks.set(dscp, (marks.get(dscp) ?? 0) + 1)
}
