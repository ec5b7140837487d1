import { samplesPerSecond } from './g711.ts'

/** Level of a full sine in G.711, dBm0 (ITU-T G.711 §4); what the samples reach is 0 dBFS. */
const fullScale = 3.14
const mostSample = 32_124

/** Two frequencies, in hertz, by which a source of ours is known. */
export type TonePair = readonly [number, number]

/** Samples of a sine at a level in dBm0, from the `start`th sample on. */
export function sine(
  frequency: number,
  level: number,
  { start, count }: { readonly start: number; readonly count: number },
): Int16Array {
  const amplitude = mostSample * 10 ** ((level - fullScale) / 20)
  const step = (2 * Math.PI * frequency) / samplesPerSecond
  return Int16Array.from({ length: count }, (_, index) =>
    Math.round(amplitude * Math.sin(step * (start + index))),
  )
}

/** Level of samples in dBm0: that of a sine of the same power; minus infinity for digital silence. */
export function levelOf(samples: Int16Array): number {
  const power = meanSquare(samples)
  return 10 * Math.log10((2 * power) / mostSample ** 2) + fullScale
}

/** How much of the power stands at one frequency: 0 to 1 (Goertzel). */
export function shareAt(frequency: number, samples: Int16Array): number {
  const total = meanSquare(samples)
  if (total === 0) return 0
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / samplesPerSecond)
  let last = 0
  let beforeLast = 0
  for (const sample of samples) {
    const next = sample + coefficient * last - beforeLast
    beforeLast = last
    last = next
  }
  const energy = last ** 2 + beforeLast ** 2 - coefficient * last * beforeLast
  return Math.min(1, (2 * energy) / (samples.length ** 2 * total))
}

function meanSquare(samples: Int16Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return samples.length === 0 ? 0 : sum / samples.length
}
