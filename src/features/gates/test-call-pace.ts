import { ms } from '../../kernel/units.ts'

/** At most so many test calls of a site at a time: enough to see a bad number, few enough not to be load. */
export const mostTestCalls = 10

/** … and so far apart. Gates and guards look every 30 s, and share a round. */
export const testCallsEvery = ms(25_000)
