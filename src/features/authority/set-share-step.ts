import { z } from 'zod'
import { defineStep, type StepContext, type Verification } from '../../engine/step.ts'
import { epoch, type WriteLimits } from '../../kernel/authority.ts'
import { platformId } from '../../kernel/ids.ts'
import { shareBuckets } from '../../kernel/share-bucket.ts'
import { ms } from '../../kernel/units.ts'
import {
  askWayBack,
  PlatformConflictError,
  type Platforms,
  type SharePolicy,
} from '../platform/index.ts'
import { moveAuthority, policyOf, subjectInput } from './policy-versions.ts'
import type { Authority, AuthorityStore } from './ports.ts'

const SetShare = z.object({
  ...subjectInput,
  platform: z.string().min(1).transform(platformId),
  /** The target's row: each site has one. */
  site: z.string().min(1),
  /** Callers whose bucket is below it stay at the target; the rest is returned (D2). */
  boundary: z.number().int().min(0).max(shareBuckets),
  salt: z.string().min(1),
})
type SetShare = z.output<typeof SetShare>

interface ShareState {
  readonly authority: Authority | null
  readonly share: SharePolicy | null
}

type Context = StepContext<{
  readonly platforms: Platforms
  readonly authority: AuthorityStore
}>

/** Makes the share of callers that the target keeps the next policy version, then tells the target (D3, D21). */
export const setShareStep = defineStep({
  kind: 'authority.set-share',
  type: 'change',
  reversibility: 'instant',
  input: SetShare,
  cost: () => 8,
  describe: ({ platform, site, boundary }) =>
    `${platform} keeps ${boundary / 100} % of ${site}'s callers and returns the rest`,
  estimate: () => ms(10_000),
  estimateUndo: () => ms(10_000),

  observe: async (input: SetShare, context: Context): Promise<ShareState> => ({
    authority: (await context.ports.authority.read(input.subject)) ?? null,
    share: await readShare(input, context),
  }),
  isDone: (input, { authority, share }) =>
    policyOf(authority).boundary === input.boundary && keeps(share, input),
  // Without the record: it is in the database whose last commits may be gone.
  trace: (input, { share }) => (keeps(share, input) ? 'all' : 'none'),
  effect: ({ platform, boundary }, { share }) =>
    `${platform} keeps ${share === null ? 'all, having no share' : `${share.boundary / 100} %`} → ${boundary / 100} %, the rest returned`,
  leaves: {
    thing: ({ platform, site }) => `share of ${site} at ${platform}`,
    after({ boundary, salt }, { authority, share }) {
      const policyVersion = (share?.policyVersion ?? 0) + 1
      return { authority, share: { boundary, salt, policyVersion, epoch: share?.epoch ?? 0 } }
    },
  },

  // The record first, then the vendor: cut between the two, the record says what is still to be written.
  async act(input, before, context) {
    const current = await readShare(input, context)
    const authority = await moveAuthority(context.ports.authority, {
      shown: current?.epoch ?? 0,
      subject: input,
      expected: { boundary: policyOf(before.authority).boundary },
      next: { boundary: input.boundary },
      before: before.authority,
      now: context.clock.now(),
      confirmLease: context.confirmLease,
    })
    await writeShare(input, { current, from: before.share, to: input, authority }, context)
  },

  async verify(input, context): Promise<Verification> {
    const policy = policyOf(await context.ports.authority.read(input.subject))
    const share = await readShare(input, context)
    if (policy.boundary !== input.boundary || !keeps(share, input))
      return {
        kind: 'not-yet',
        because: `${input.platform} does not yet keep what the record says`,
      }
    const version = `policy ${share?.policyVersion}, epoch ${share?.epoch}`
    return {
      kind: 'verified',
      seen: `${input.platform} keeps ${input.boundary / 100} %, ${version}`,
    }
  },

  wayBack(input, before, context) {
    const boundary = before.share?.boundary
    const inverse =
      boundary === undefined
        ? `remove ${input.site}'s share at ${input.platform}`
        : `${input.platform} keeps ${boundary / 100} % again, as a new version`
    const question = {
      platform: input.platform,
      operations: ['shares.replace'],
      inverse,
      probe: () => readShare(input, context),
    }
    return askWayBack(context.ports.platforms, question, context.signal)
  },

  async undo(input, before, context) {
    const current = await readShare(input, context)
    const authority = await moveAuthority(context.ports.authority, {
      shown: current?.epoch ?? 0,
      subject: input,
      expected: { boundary: input.boundary },
      next: { boundary: policyOf(before.authority).boundary },
      before: before.authority,
      now: context.clock.now(),
      confirmLease: context.confirmLease,
      always: true,
    })
    await writeShare(input, { current, from: input, to: before.share, authority }, context)
  },

  async verifyUndone(input, before, context): Promise<Verification> {
    const policy = policyOf(await context.ports.authority.read(input.subject))
    const share = await readShare(input, context)
    const isBack = policy.boundary === policyOf(before.authority).boundary
    if (!(isBack && isSameShare(share, before.share)))
      return { kind: 'not-yet', because: `${input.platform}'s share is not yet as it was` }
    const seen = share === null ? 'no share' : `${share.boundary / 100} %`
    return { kind: 'verified', seen: `${input.platform}: ${seen}, as before` }
  },
})

type Kept = Pick<SharePolicy, 'boundary' | 'salt'> | null

async function readShare(input: SetShare, { ports, signal }: Context): Promise<SharePolicy | null> {
  return (await ports.platforms.port(input.platform, 'shares').read(input.site, signal)) ?? null
}

interface Write {
  /** As it was read just before. */
  readonly current: SharePolicy | null
  readonly from: Kept
  readonly to: Kept
  readonly authority: Authority | undefined
}

/**
 * Brings the target's row from one share to the other. A row that is neither was somebody else's, unless it
 * says itself that it carries out an older version of this run's: a write that came late (X7).
 */
async function writeShare(
  input: SetShare,
  { current, from, to, authority }: Write,
  context: Context,
): Promise<void> {
  if (isSameShare(current, to)) return
  if (!isSameShare(current, from) && !(await isOwnLateWrite(current, input, context)))
    throw new PlatformConflictError(`the share of ${input.site} was changed since it was read`)
  const number = authority?.epoch ?? epoch(0)
  const { policyVersion = 0 } = authority ?? {}
  const next =
    to === null ? undefined : { boundary: to.boundary, salt: to.salt, policyVersion, epoch: number }
  const shares = context.ports.platforms.port(input.platform, 'shares')
  await shares.replace(input.site, current ?? undefined, next, withEpoch(context, number))
}

async function isOwnLateWrite(
  current: SharePolicy | null,
  { subject, run, salt }: SetShare,
  { ports }: Context,
): Promise<boolean> {
  if (current === null || current.salt !== salt) return false
  const versions = await ports.authority.history(subject)
  return versions.some(
    ({ byRun, epoch: number, boundary }) =>
      byRun === run && number === current.epoch && boundary === current.boundary,
  )
}

/** The write goes under the epoch of the version that it carries out. */
function withEpoch(context: Context, number: Authority['epoch']): WriteLimits {
  const { signal, deadline } = context
  return { signal, deadline, epoch: number, confirmLease: () => context.confirmLease() }
}

const keeps = (share: SharePolicy | null, input: SetShare) => isSameShare(share, input)

function isSameShare(a: Kept, b: Kept): boolean {
  if (a === null || b === null) return a === b
  return a.boundary === b.boundary && a.salt === b.salt
}
