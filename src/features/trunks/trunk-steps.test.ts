import { describe, expect, it } from 'vitest'
import { checkContext } from '../../../test/contracts/check-context.ts'
import { itKeepsTheStepLaws } from '../../../test/contracts/step-laws.ts'
import {
  type FakeState,
  fakeState,
  platformsOver,
  trunkNamed,
} from '../../../test/contracts/step-worlds.ts'
import { bindNumbersStep } from './bind-numbers-step.ts'
import { sourceDrainCheck, targetDrainCheck } from './drain-checks.ts'
import { mirrorTrunkCheck } from './mirror-check.ts'
import { provisionTrunkStep } from './provision-step.ts'
import { setRouteStep } from './set-route-step.ts'
import { armTrunkStep, releaseSourceStep } from './switch-steps.ts'

const spec = { name: 'dal', codecs: ['PCMU', 'PCMA'], transport: 'tcp', allowList: ['10.0.0.0/8'] }
const world = (state: Partial<FakeState>) => {
  const cloud = fakeState(state)
  return { cloud, platforms: platformsOver({ cloud }) }
}
type World = ReturnType<typeof world>
const trunks = (enabled: boolean) => new Map([['dal', trunkNamed('dal', { enabled })]])
const withoutRight = (right: string) => (ports: World) => {
  ports.cloud.missing.add(right)
}

itKeepsTheStepLaws(provisionTrunkStep, {
  input: { platform: 'cloud', spec },
  arrange: () => world({}),
  snapshot: ({ cloud }: World) => [...cloud.trunks],
  meddle: {
    act: ({ cloud }: World) => cloud.trunks.set('dal', trunkNamed('dal', { codecs: ['G729'] })),
    look: ({ cloud }: World) => cloud.trunks.get('dal'),
  },
  blockWayBack: withoutRight('trunks.remove'),
})

for (const [step, enabled] of [
  [armTrunkStep, false],
  [releaseSourceStep, true],
] as const)
  itKeepsTheStepLaws(step, {
    input: { platform: 'cloud', trunk: 'dal' },
    arrange: () => world({ trunks: trunks(enabled) }),
    snapshot: ({ cloud }: World) => [...cloud.trunks],
    meddle: {
      act: ({ cloud }: World) => cloud.trunks.delete('dal'),
      look: ({ cloud }: World) => [...cloud.trunks],
    },
    blockWayBack: ({ cloud }: World) => cloud.trunks.clear(),
  })

itKeepsTheStepLaws(bindNumbersStep, {
  input: { platform: 'cloud', numbers: ['+1', '+2'], flow: 'main' },
  unseenWrites: 1,
  arrange: () => world({ numbers: new Map([['+1', 'closed']]) }),
  snapshot: ({ cloud }: World) => Object.fromEntries(cloud.numbers),
  meddle: {
    act: ({ cloud }: World) => cloud.numbers.set('+2', 'theirs'),
    look: ({ cloud }: World) => cloud.numbers.get('+2'),
  },
  blockWayBack: withoutRight('inboundNumbers.bind'),
})

itKeepsTheStepLaws(setRouteStep, {
  input: { platform: 'cloud', route: 'out', trunks: ['dal', 'back'] },
  arrange: () => world({ routes: new Map([['out', { enabled: false, trunks: ['legacy'] }]]) }),
  snapshot: ({ cloud }: World) => [...cloud.routes],
  meddle: {
    act: ({ cloud }: World) => cloud.routes.set('out', { enabled: true, trunks: ['theirs'] }),
    look: ({ cloud }: World) => cloud.routes.get('out'),
  },
  blockWayBack: withoutRight('outboundRoutes.replace'),
})

describe('trunk.provision', () => {
  it('W2.1 blocks on a trunk that belongs to the vendor', async () => {
    const ports = world({ trunks: new Map([['dal', trunkNamed('dal', { managed: true })]]) })
    const input = provisionTrunkStep.input.parse({ platform: 'cloud', spec })
    const context = checkContext(ports)
    const before = await provisionTrunkStep.observe(input, context)

    expect((await provisionTrunkStep.wayBack(input, before, context)).kind).toBe('blocked')
    await expect(provisionTrunkStep.act(input, before, context)).rejects.toMatchObject({
      code: 'platform.conflict',
    })
  })
})

describe('trunk.mirror', () => {
  const look = (codecs: readonly string[]) => {
    const platforms = platformsOver({
      cloud: fakeState({
        trunks: new Map([['dal', trunkNamed('dal', { ...spec, codecs } as never)]]),
      }),
      pbx: fakeState({ trunks: new Map([['old', trunkNamed('old', { codecs: ['G729'] })]]) }),
    })
    const source = { platform: 'pbx', trunk: 'old' }
    const wanted = { ...spec, maxSessions: 20 }
    const input = mirrorTrunkCheck.input.parse({ platform: 'cloud', spec: wanted, source })
    return mirrorTrunkCheck.verify(input, checkContext({ platforms }))
  }

  it('W2.1 shows what the platform does not, and how it differs from the legacy trunk', async () => {
    const answer = await look(spec.codecs)

    expect(answer).toMatchObject({ kind: 'verified' })
    expect(JSON.stringify(answer)).toContain('maxSessions: 20 wanted, not shown found')
    expect(JSON.stringify(answer)).toContain('codecs: G729 wanted, PCMU, PCMA found')
  })

  it.each([
    ['in clear', 'off', 'srtp: sdes wanted, off found'],
    ['not shown', undefined, 'srtp: sdes wanted, not shown found'],
  ] as const)(
    'W2.1 fails when media is %s and the plan wants it encrypted',
    async (_, srtp, because) => {
      const trunk = trunkNamed('dal', { ...spec, ...(srtp === undefined ? {} : { srtp }) } as never)
      const platforms = platformsOver({ cloud: fakeState({ trunks: new Map([['dal', trunk]]) }) })
      const input = { platform: 'cloud', spec: { ...spec, srtp: 'sdes' } }

      const parsed = mirrorTrunkCheck.input.parse(input)
      const answer = await mirrorTrunkCheck.verify(parsed, checkContext({ platforms }))

      expect(answer).toMatchObject({ kind: 'failed', because: expect.stringContaining(because) })
    },
  )

  it('W2.1 fails when the order of codecs is not the plan’s', async () => {
    expect(await look(spec.codecs.toReversed())).toMatchObject({
      kind: 'failed',
      because: expect.stringContaining('codecs: PCMU, PCMA wanted, PCMA, PCMU found'),
    })
  })
})

describe('a drain', () => {
  const minute = 60_000
  const input = (quiet: number) =>
    sourceDrainCheck.input.parse({ platform: 'cloud', numbers: [], longest: 60 * minute, quiet })

  /** Looks at these minutes, with so many calls up at each; gives back what each said. */
  async function looks(quiet: number, ...seen: readonly (readonly [number, number])[]) {
    const ports = world({})
    let remembered: unknown
    const said: string[] = []
    for (const [at, up] of seen) {
      ports.cloud.liveCalls = up
      const context = checkContext(ports, { elapsed: at * minute })
      const found = await sourceDrainCheck.verify(
        input(quiet * minute),
        // As the journal gives it back.
        { ...context, remembered: JSON.parse(JSON.stringify(remembered ?? null)) },
      )
      remembered = found.kind === 'not-yet' ? found.remember : undefined
      said.push(found.kind === 'verified' ? found.seen : JSON.stringify(found))
    }
    return said
  }

  it('D1 wants the whole quiet time, and says how long it is quiet', async () => {
    const said = await looks(4, [0, 3], [1, 0], [3, 0], [5, 0])

    expect(said[0]).toContain('3 calls are up at cloud; then 4 min without any are wanted')
    expect(said[2]).toContain('no call at cloud for 2 min; 4 min are wanted')
    expect(said[3]).toBe('no call is up at cloud since 4 min')
  })

  it('counts its quiet time beside the longest call as its patience', () => {
    expect(sourceDrainCheck.patience?.(input(10 * minute))).toEqual({
      longest: 70 * minute,
      owner: 'operator',
      then: 'stay',
    })
  })

  it('of a run that was begun before drains were quiet is one look', async () => {
    const old = targetDrainCheck.input.parse({ platform: 'cloud', numbers: [], longest: minute })

    expect((await targetDrainCheck.verify(old, checkContext(world({})))).kind).toBe('verified')
  })
})
