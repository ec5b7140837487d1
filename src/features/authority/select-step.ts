import { z } from 'zod'
import { LeaseLostError } from '../../engine/errors.ts'
import {
  defineStep,
  type StepContext,
  traceOfParts,
  type Verification,
  type WayBack,
} from '../../engine/step.ts'
import { epoch, type WriteLimits } from '../../kernel/authority.ts'
import { ChangeoverError } from '../../kernel/errors.ts'
import { platformId, recordName } from '../../kernel/ids.ts'
import { ms } from '../../kernel/units.ts'
import {
  type Dns,
  NoRecordError,
  RecordChangedError,
  type RecordSet,
  recordTypes,
  sameValues,
  valuesOf,
} from '../dns-control/index.ts'
import type { Platforms, Trunk } from '../platform/index.ts'
import { RecordsNotRestoredError, SourceNotArmedError } from './errors.ts'
import { describePolicy, moveAuthority, policyOf, subjectInput } from './policy-versions.ts'
import type { Authority, AuthorityStore } from './ports.ts'

const Select = z.object({
  ...subjectInput,
  /** The records that move together, and what they hold once the target is selected. */
  records: z
    .array(
      z.object({
        name: z.string().min(1).transform(recordName),
        type: z.enum(recordTypes),
        values: z.array(z.string().min(1)).min(1),
      }),
    )
    .min(1),
  /** The way back leads here: it must be armed before anything is selected away from it. */
  source: z.object({
    platform: z.string().min(1).transform(platformId),
    trunk: z.string().min(1),
  }),
})
type Select = z.output<typeof Select>
type Record = Select['records'][number]

interface SelectState {
  readonly authority: Authority | null
  readonly records: readonly RecordSet[]
}

type Context = StepContext<{
  readonly dns: Dns
  readonly platforms: Platforms
  readonly authority: AuthorityStore
}>

/** Sends new callers to the target: one recorded, fenced change, then the DNS records (promise 1, D3). */
export const selectStep = defineStep({
  kind: 'authority.select',
  type: 'change',
  reversibility: 'bounded',
  input: Select,
  cost: ({ records }) => 4 + 6 * records.length,
  describe: ({ subject, records }) =>
    `select the target for ${subject}: ${records.map(({ name, type, values }) => `${name} ${type} ${values.join(', ')}`).join('; ')}`,
  estimate: () => ms(10_000),
  estimateUndo: () => ms(10_000),

  observe: async (input: Select, context: Context): Promise<SelectState> => ({
    authority: (await context.ports.authority.read(input.subject)) ?? null,
    records: await readRecords(input, context),
  }),
  isDone: ({ records: wanted }, { authority, records }) =>
    policyOf(authority).selected === 'target' &&
    wanted.every(({ values }, index) => sameValues(values, records[index]?.values ?? [])),
  // Without the record of authority: it is in the database whose last commits may be gone.
  trace({ records: wanted }, { records }) {
    const moved = wanted.filter(({ values }, index) =>
      sameValues(values, records[index]?.values ?? []),
    )
    return traceOfParts(moved.length, wanted.length)
  },
  effect: ({ records }, before) =>
    [
      `policy "${describePolicy(policyOf(before.authority))}" → target selected`,
      ...records.map(({ name, type, values }, index) => {
        const now = before.records[index]?.values ?? []
        return `${name} ${type} ${now.join(' | ')} → ${values.join(' | ')}`
      }),
    ].join('; '),
  foretells: ({ records }) =>
    Object.fromEntries(records.map(({ name, type, values }) => [valuesOf(name, type), values])),

  async act(input, before, context) {
    const authority = await moveAuthority(context.ports.authority, {
      subject: input,
      expected: { selected: policyOf(before.authority).selected },
      next: { selected: 'target' },
      before: before.authority,
      now: context.clock.now(),
      confirmLease: context.confirmLease,
    })
    const limits = withEpoch(context, authority)
    for (const [index, record] of input.records.entries()) {
      const found = before.records[index]
      if (found === undefined) throw new NoRecordError(record.name, record.type)
      const provider = context.ports.dns.provider(record.name)
      await provider.replaceRecord(found, { ...found, values: record.values }, limits)
    }
  },

  verify: (input, context) =>
    verifySelection(input, { selected: 'target', values: (record) => record.values }, context),

  async wayBack(input, before, context): Promise<WayBack> {
    const { platform, trunk } = input.source
    const trunks = context.ports.platforms.port(platform, 'trunks')
    const found = await trunks.find(trunk, context.signal)
    if (found?.enabled !== true)
      return { kind: 'blocked', because: `the source's trunk ${trunk} is not armed` }
    for (const { name, type } of input.records) {
      const provider = context.ports.dns.provider(name)
      const { permitted, because } = await provider.probeWrite(name, type, context.signal)
      if (!permitted) return { kind: 'blocked', because: `${name} ${type}: ${because}` }
    }
    const values = before.records.map((record) => record.values.join(', ')).join('; ')
    return { kind: 'open', inverse: `select the source again, as a new version: ${values}` }
  },

  async undo(input, before, context) {
    await refuseUnarmedSource(input, context)
    const authority = await moveAuthority(context.ports.authority, {
      subject: input,
      expected: { selected: 'target' },
      next: { selected: policyOf(before.authority).selected },
      before: before.authority,
      now: context.clock.now(),
      confirmLease: context.confirmLease,
      always: true,
    })
    const limits = withEpoch(context, authority)
    const failures: ChangeoverError[] = []
    for (const [index, record] of input.records.entries()) {
      const failure = await restore(record, before.records[index], { limits, context })
      if (failure !== undefined) failures.push(failure)
    }
    throwOneOf(failures)
  },

  verifyUndone(input, before, context) {
    const { selected } = policyOf(before.authority)
    const values = (_: Record, index: number) => before.records[index]?.values ?? []
    return verifySelection(input, { selected, values }, context)
  },
})

async function readRecords(
  input: Select,
  { ports, signal }: Context,
): Promise<readonly RecordSet[]> {
  const found: RecordSet[] = []
  for (const { name, type } of input.records) {
    const record = await ports.dns.provider(name).readRecord(name, type, signal)
    if (record === undefined) throw new NoRecordError(name, type)
    found.push(record)
  }
  return found
}

/** Where it can't be asked callers go back all the same: it was armed when they were taken from it. */
async function refuseUnarmedSource({ source }: Select, context: Context): Promise<void> {
  const { platform, trunk } = source
  const found = await findOrUnknown(source, context)
  if (found !== 'unknown' && found?.enabled !== true) throw new SourceNotArmedError(platform, trunk)
}

async function findOrUnknown(
  { platform, trunk }: Select['source'],
  { ports, signal }: Context,
): Promise<Trunk | undefined | 'unknown'> {
  try {
    return await ports.platforms.port(platform, 'trunks').find(trunk, signal)
  } catch (error) {
    if (error instanceof ChangeoverError) return 'unknown'
    throw error
  }
}

/**
 * Only the values go back: the TTL may have been changed since.
 *
 * @returns why it was left as it is, so that the other records are restored all the same
 */
async function restore(
  record: Record,
  before: RecordSet | undefined,
  { limits, context }: { readonly limits: WriteLimits; readonly context: Context },
): Promise<ChangeoverError | undefined> {
  const { name, type, values } = record
  try {
    const provider = context.ports.dns.provider(name)
    const current = await provider.readRecord(name, type, context.signal)
    if (before === undefined || current === undefined) return new NoRecordError(name, type)
    if (sameValues(current.values, before.values)) return undefined
    if (!sameValues(current.values, values))
      return new RecordChangedError({ ...current, values }, current)
    await provider.replaceRecord(current, { ...current, values: before.values }, limits)
    return undefined
  } catch (error) {
    if (error instanceof ChangeoverError && !(error instanceof LeaseLostError)) return error
    throw error
  }
}

/** What may pass by itself comes first: it is asked again without anybody, and what needs somebody after it. */
function throwOneOf(failures: readonly ChangeoverError[]): void {
  const passing = failures.find(({ remedy }) => remedy === 'retry' || remedy === 'wait')
  if (passing !== undefined) throw passing
  if (failures.length > 1) throw new RecordsNotRestoredError(failures)
  if (failures[0] !== undefined) throw failures[0]
}

async function verifySelection(
  input: Select,
  wanted: {
    readonly selected: 'source' | 'target'
    readonly values: (record: Record, index: number) => readonly string[]
  },
  context: Context,
): Promise<Verification> {
  const policy = policyOf(await context.ports.authority.read(input.subject))
  if (policy.selected !== wanted.selected)
    return { kind: 'not-yet', because: `the record of authority still says ${policy.selected}` }
  const records = await readRecords(input, context)
  const behind = input.records.filter(
    (record, index) => !sameValues(records[index]?.values ?? [], wanted.values(record, index)),
  )
  if (behind.length > 0)
    return {
      kind: 'not-yet',
      because: `not yet moved: ${behind.map(({ name }) => name).join(', ')}`,
    }
  const values = records.map((record) => `${record.name} ${record.values.join(', ')}`).join('; ')
  return { kind: 'verified', seen: `${wanted.selected} selected: ${values}` }
}

/** The write goes under the epoch of the version that it carries out. */
function withEpoch(context: Context, authority: Authority | undefined): WriteLimits {
  const { signal, deadline } = context
  const number = authority?.epoch ?? epoch(0)
  return { signal, deadline, epoch: number, confirmLease: () => context.confirmLease() }
}
