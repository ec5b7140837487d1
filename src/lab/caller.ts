import { createRandom, type Random } from '../kernel/random.ts'
import { shareBucket, shareBuckets } from '../kernel/share-bucket.ts'
import { epochMs, type Milliseconds, ms } from '../kernel/units.ts'
import type { VirtualTime } from '../kernel/virtual-clock.ts'
import { longestCall } from './call-entry.ts'
import type { CarrierShare, Estate, EstateSite, OfferedCall } from './estate.ts'

/** How many different callers a site has: four digits after its prefix. */
const callersPerSite = 10_000
/** A call has to end before the ledger takes it for lost. */
const longestTalk = ms(longestCall / 4)

/**
 * Callers of one site: a Poisson process whose rate may change by the hour, thinned from its peak.
 *
 * Each call is drawn whole when it is made, so the same seed makes the same calls whatever becomes of them.
 *
 * @returns what ends it
 */
export function startCallers(
  site: EstateSite,
  {
    estate,
    time,
    seed,
  }: { readonly estate: Estate; readonly time: VirtualTime; readonly seed: number },
  offer: (call: OfferedCall) => void,
): () => void {
  const random = createRandom(seed)
  let made = 0
  let cancel = () => {}
  const meanGap = ms(3_600_000 / site.peakPerHour)

  const arrive = () => {
    const isKept = random.next() * site.peakPerHour < site.callsPerHour(time.now())
    if (isKept) {
      made += 1
      offer(drawCall(site, { estate, random, name: `${site.id}-${made}`, at: time.now() }))
    }
    next()
  }
  const next = () => {
    cancel = time.schedule(epochMs(time.now() + exponential(random, meanGap)), arrive)
  }
  if (site.peakPerHour > 0) next()
  return () => cancel()
}

interface Drawing {
  readonly estate: Estate
  readonly random: Random
  readonly name: string
  readonly at: OfferedCall['at']
}

function drawCall(site: EstateSite, { estate, random, name, at }: Drawing): OfferedCall {
  const { habits, zone, carriers } = estate
  const caller = `${site.callerPrefix}${String(random.integer(callersPerSite)).padStart(4, '0')}`
  const dialled = site.numbers[random.integer(site.numbers.length)]
  return {
    id: name,
    sipCallId: `${name}@callers.${zone}`,
    caller,
    dnis: dialled?.dnis ?? '',
    site: site.id,
    carrier: carrierOf(caller, carriers),
    at,
    talk: ms(Math.min(5000 + exponential(random, habits.meanTalk), longestTalk)),
    patience: ms(Math.min(1000 + exponential(random, habits.meanPatience), longestTalk)),
  }
}

/** A caller is always with the same carrier. */
export function carrierOf(caller: string, carriers: readonly CarrierShare[]): string {
  const point = shareBucket(caller, 'carrier') / shareBuckets
  let sum = 0
  for (const { name, share } of carriers) {
    sum += share
    if (point < sum) return name
  }
  return carriers.at(-1)?.name ?? ''
}

function exponential(random: Random, mean: Milliseconds): number {
  return -Math.log(1 - random.next()) * mean
}
