import { ChangeoverError } from '../../kernel/errors.ts'
import type { MetricReading } from '../gates/index.ts'
import type { Look } from './metric-sources.ts'
import { testCallsOf } from './place-test-calls.ts'
import { readCalls } from './read-calls.ts'

interface Part {
  readonly failed: number
  readonly total: number
  readonly unknown: number
}
interface Unread {
  readonly missing: string
}

/**
 * Failed ÷ all call-level validations: our test calls, the platform's calls, and their CRM writes where there
 * is a CRM. A part that can't be read leaves the others: a target whose API is dead and that answers nobody
 * is found by its test calls, and one whose calls can't be counted is never found to be well.
 */
export async function measureValidation(look: Look): Promise<MetricReading> {
  const parts = [
    await readPart(() => ofTestCalls(look)),
    await readPart(() => ofCalls(look)),
    ...(look.sources.crm === undefined ? [] : [await readPart(() => ofCrm(look))]),
  ]
  const read = parts.filter((part): part is Part => !('missing' in part))
  const missing = parts.flatMap((part) => ('missing' in part ? [part.missing] : [])).join('; ')
  const sum = (member: keyof Part) => read.reduce((total, part) => total + part[member], 0)
  const unknown = sum('unknown')
  return {
    kind: 'rate',
    numerator: sum('failed'),
    denominator: sum('total'),
    ...(unknown === 0 ? {} : { unknown }),
    ...(missing === '' ? {} : { missing }),
    source: `validations at ${look.scope.platform}`,
  }
}

async function readPart(read: () => Promise<Part>): Promise<Part | Unread> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof ChangeoverError) return { missing: error.message }
    throw error
  }
}

async function ofTestCalls(look: Look): Promise<Part> {
  const calls = await testCallsOf(look)
  const count = (wanted: string) => calls.filter(({ outcome }) => outcome === wanted).length
  return { failed: count('failed'), total: calls.length, unknown: count('unknown') }
}

async function ofCalls(look: Look): Promise<Part> {
  const { offered, failed } = await readCalls(look)
  return { failed, total: offered, unknown: 0 }
}

async function ofCrm({ sources, scope, from, to, signal }: Look): Promise<Part> {
  const counted = await sources.crm?.upserts({ ...scope, from, to }, signal)
  return { failed: counted?.failed ?? 0, total: counted?.total ?? 0, unknown: 0 }
}
