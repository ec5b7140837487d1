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
import { targetDrainCheck } from './drain-checks.ts'
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

describe('target.drain', () => {
  it('waits until no call is up', async () => {
    const ports = world({ liveCalls: 3 })
    const input = targetDrainCheck.input.parse({ platform: 'cloud', numbers: [], longest: 60_000 })

    expect(await targetDrainCheck.verify(input, checkContext(ports))).toMatchObject({
      kind: 'not-yet',
      because: '3 calls are up at cloud',
    })
    ports.cloud.liveCalls = 0
    expect((await targetDrainCheck.verify(input, checkContext(ports))).kind).toBe('verified')
  })
})
