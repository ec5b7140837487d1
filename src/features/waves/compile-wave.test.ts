import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { recordName, runId, siteId, stepKey, waveId } from '../../kernel/ids.ts'
import { shareBucket } from '../../kernel/share-bucket.ts'
import { epochMs, ms, percent, seconds } from '../../kernel/units.ts'
import { guidePolicy, type Plan, type PlanAgent } from '../plan/index.ts'
import { compileWave } from './compile-wave.ts'
import { recordValues } from './record-values.ts'
import { stageAgents } from './stage-agents.ts'
import { waveSteps } from './steps.ts'
import type { WaveRequest } from './wave-scene.ts'

const agents = (count: number): readonly PlanAgent[] =>
  Array.from({ length: count }, (_, index) => ({
    extension: String(100 + index),
    user: `agent-${index}`,
    queues: ['billing'],
    licence: 'voice',
  }))

function site(name: string, count: number): Plan['sites'][ReturnType<typeof siteId>] {
  return {
    id: siteId(name),
    from: 'pbx' as never,
    to: 'cloud' as never,
    records: [{ name: recordName(`_sip._udp.${name}.example`), type: 'SRV' }],
    numbers: ['+12145550100'],
    agents: agents(count),
    queues: [{ name: 'billing', from: 'skill 12', to: 'Billing' }],
    trunk: { name: 'dal', codecs: ['PCMU'], transport: 'tcp', srtp: 'off', allowList: [] },
    sourceTrunk: 'sip:10.0.0.9',
    flow: 'main',
    outboundRoute: 'out',
    interconnect: { trunk: 'back', maxSessions: 10 },
    ttl: seconds(300),
    drainLongest: 3_600_000 as never,
  }
}

function plan(count = 100): Plan {
  const gateway = (name: string) =>
    ({ host: `${name}.example`, port: 5060, transport: 'tcp' }) as const
  return {
    name: 'acme',
    file: 'acme.yaml',
    digest: 'd',
    timeZone: 'UTC',
    platforms: {
      pbx: {
        kind: 'sbc',
        profile: 'kamailio-dispatcher',
        rpc: 'http://x',
        gateway: gateway('pbx'),
      },
      cloud: {
        kind: 'genesys-cloud',
        region: 'r',
        api: 'a',
        login: 'l',
        clientId: { from: 'env', name: 'A' },
        clientSecret: { from: 'env', name: 'B' },
        gateway: gateway('cloud'),
        shareTable: 't',
      },
    } as Plan['platforms'],
    dns: { zones: {}, resolvers: [] },
    sites: { dallas: site('dallas', count), reno: site('reno', count) } as Plan['sites'],
    gates: {
      stage: {
        name: 'stage',
        mode: 'all',
        minimumScore: percent(90),
        checks: [
          {
            metric: 'success_rate',
            atLeast: 0.99,
            window: 9e5 as never,
            minimumSample: 20,
            weight: 1,
            veto: true,
          },
        ],
        hold: { longest: 9e5 as never, owner: 'lead', then: 'roll-back' },
      },
    },
    waves: {
      dallas: wave('dallas', ['dallas']),
      both: wave('both', ['dallas', 'reno']),
    } as Plan['waves'],
    policy: guidePolicy,
    overrides: [{ what: 'dns.ttlLead', to: '24h', for: 'reno', because: 'measured' }],
  }
}

function wave(
  id: string,
  sites: readonly [string, ...string[]],
): Plan['waves'][ReturnType<typeof waveId>] {
  const [first, ...rest] = sites.map(siteId)
  return {
    id: waveId(id),
    sites: [first ?? siteId(''), ...rest],
    window: { from: 10 as never, to: 20 as never },
    stages: [percent(10), percent(50), percent(100)],
    gate: 'stage',
    rollbackTrigger: 'validation_failure_rate > 2%',
  }
}

const request = {
  run: runId('run-1'),
  oldTtls: { '_sip._udp.dallas.example SRV': { ttl: seconds(3600) } },
}
const compiled = (count?: number) => compileWave(plan(count), waveId('dallas'), request)
const kinds = new Map(waveSteps.map((step) => [step.kind, step]))

describe('compileWave', () => {
  it('D16 D21 W4.1 arms, staffs and proves the target before it selects it', () => {
    const order = compiled().steps.map(({ key, visited }) =>
      visited === 'back' ? `(${key})` : key,
    )

    expect(order).toEqual([
      'wave.preflight',
      'ttl.lower._sip._udp.dallas.example.SRV',
      'licences.assign',
      'trunk.provision',
      'trunk.mirror',
      'agents.affiliate',
      'ttl.wait._sip._udp.dallas.example.SRV',
      'licences.in-force',
      'wave.window',
      'agents.one-side',
      'share.none',
      'sip.options',
      'trunk.arm',
      'numbers.bind',
      'first.agents',
      'first.registered',
      'share.first',
      'call.test',
      '(back.drain)',
      '(back.propagation._sip._udp.dallas.example.SRV)',
      'select.window',
      'select.still-on-queue',
      'select.call.test',
      'select',
      'propagation._sip._udp.dallas.example.SRV',
      'select.gate',
      'outbound',
      'rise-1.window',
      'stage-50.agents',
      '(stage-50.back.drained)',
      'stage-50.still-on-queue',
      'stage-50.share',
      'stage-50.registered',
      'stage-50.gate',
      'rise-2.window',
      'stage-100.agents',
      '(stage-100.back.drained)',
      'stage-100.still-on-queue',
      'stage-100.share',
      'stage-100.source-drain',
      'stage-100.rearguard.agents',
      'stage-100.registered',
      'stage-100.gate',
      'failover',
      'soak',
      'source.drain',
      'source.release',
      'ttl.restore._sip._udp.dallas.example.SRV',
    ])
  })

  it.each(['dallas', 'both'])(
    'every step of wave %s is listed, and its schema takes its input',
    (id) => {
      const { steps, guards } = compileWave(plan(), waveId(id), request)

      for (const { kind, input, key } of [...steps, ...guards]) {
        const step = kinds.get(kind)
        expect(step, `${key}: ${kind}`).toBeDefined()
        // As the journal gives it back.
        const parsed = step?.input.safeParse(JSON.parse(JSON.stringify(input)))
        expect(parsed?.error?.message, key).toBeUndefined()
        expect(step?.describe(parsed?.data)).not.toBe('')
        expect(step?.estimate(parsed?.data)).toBeGreaterThanOrEqual(0)
      }
      expect(new Set(steps.map(({ key }) => key)).size).toBe(steps.length)
    },
  )

  it('rests only before agents leave the source, and after it is released', () => {
    const { steps } = compiled()
    const moving = steps.filter(({ restsAfter }) => !restsAfter).map(({ key }) => key)

    expect(moving[0]).toBe('first.agents')
    expect(moving.at(-1)).toBe('source.drain')
    expect(steps.length - moving.length).toBe(14 + 2)
  })

  it('W3.1 D21 everybody moved so far is looked at again before callers are given to them', () => {
    const { steps } = compiled()
    const looks = steps.filter(({ kind }) => kind === 'agents.still-on-queue')
    const seen = looks.map(({ key, input }) => {
      const { queues } = input as { queues: { queue: string; users: string[] }[] }
      return [key, queues.map(({ queue, users }) => [queue, new Set(users).size])]
    })

    expect(seen).toEqual([
      ['select.still-on-queue', [['Billing', 10]]],
      ['stage-50.still-on-queue', [['Billing', 50]]],
      ['stage-100.still-on-queue', [['Billing', 95]]],
    ])
  })

  it('D21 the last agents leave the source only when no call is up there', () => {
    const { steps } = compiled()
    const moved = (key: string) => {
      const found = steps.find((step) => step.key === key)?.input as { agents: unknown[] }
      return found.agents.length
    }

    expect([moved('stage-100.agents'), moved('stage-100.rearguard.agents')]).toEqual([45, 5])
  })

  it('D5 promise 7 by hand agents leave the source before they are joined, and nothing passes that by', () => {
    const byRest = plan()
    const pbx = { ...byRest.platforms['pbx' as never], agents: { by: 'hand' } } as never
    const byHand = { ...byRest, platforms: { ...byRest.platforms, pbx } } as Plan
    const { steps } = compileWave(byHand, waveId('dallas'), request)
    const keys = steps.map(({ key }) => key as string)
    const hands = steps.filter(({ kind }) => kind === 'agents.by-hand')

    expect(hands.map(({ key }) => key)).toEqual([
      'first.by-hand',
      'stage-50.by-hand',
      'stage-100.by-hand',
      'stage-100.rearguard.by-hand',
    ])
    for (const { key, barrier, input } of hands) {
      const joined = keys[keys.indexOf(key) + 1]
      expect([joined, barrier]).toEqual([key.replace('by-hand', 'agents'), true])
      expect(input).toMatchObject({ expects: 'dallas', platform: 'pbx' })
      const move = steps.find((step) => step.key === joined)?.input as { agents: object[] }
      for (const agent of move.agents) expect(agent).toMatchObject({ sourceQueues: [] })
      expect(kinds.get('agents.by-hand')?.input.safeParse(input).success).toBe(true)
    }
  })

  it('promise 1 promise 7 what the safety of an undo rests on is back before it, however long it is stuck', () => {
    const order = Object.fromEntries(
      compiled().steps.flatMap(({ key, undoneAfter }) =>
        undoneAfter === undefined ? [] : [[key, undoneAfter]],
      ),
    )
    const moves = ['first.agents', 'stage-50.agents', 'stage-100.agents']

    expect(order).toEqual({
      'licences.assign': [...moves, 'stage-100.rearguard.agents'],
      'trunk.provision': ['trunk.arm'],
      'agents.affiliate': [...moves, 'stage-100.rearguard.agents'],
      'share.none': ['trunk.arm'],
      'first.agents': ['share.first'],
      select: ['source.release'],
      'stage-50.agents': ['stage-50.share', 'stage-50.back.drained'],
      'stage-50.back.drained': ['stage-50.share'],
      'stage-50.share': ['source.release'],
      'stage-100.agents': ['stage-100.share', 'stage-100.back.drained'],
      'stage-100.back.drained': ['stage-100.share'],
      'stage-100.share': ['source.release', 'stage-100.rearguard.agents'],
      'stage-100.rearguard.agents': ['source.release'],
    })
  })

  it('W4.2 guards from the selection to the release', () => {
    expect(compiled().guards).toMatchObject([
      { kind: 'gate.trigger', after: 'select', until: 'source.release' },
    ])
  })

  it('W1.1 without the old TTL nothing is put back that nobody knows', () => {
    const { steps } = compileWave(plan(), waveId('dallas'), { run: runId('run-1') })

    expect(steps.some(({ kind }) => kind === 'dns.restore-ttl')).toBe(false)
  })

  describe('W5.1 the lead of licences', () => {
    const hour = 3_600_000
    const lead = (changes: Partial<WaveRequest>, ttlLead = 72 * hour) => {
      const policy = { ...guidePolicy, ttlLead: ms(ttlLead) }
      const { steps } = compileWave({ ...plan(), policy }, waveId('dallas'), {
        ...request,
        ...changes,
      })
      return steps.find(({ kind }) => kind === 'licences.lead')?.input
    }
    const loweredLongAgo = {
      '_sip._udp.dallas.example SRV': {
        ttl: seconds(3600),
        lowered: { run: runId('run-0'), at: epochMs(1000) },
      },
    }
    const licensedSince = new Map(
      agents(100).map(({ user }, index) => [`cloud ${user} voice`, epochMs(index)]),
    )

    it('is covered where caches take longer', () => {
      expect(lead({})).toBeUndefined()
    })

    it('is waited for beyond what caches take', () => {
      expect(lead({}, 4 * hour)).toEqual({
        platform: 'cloud',
        lead: 24 * hour,
        wait: 20 * hour - 60_000,
      })
    })

    it('is waited for whole where an earlier run had lowered the TTL', () => {
      expect(lead({ oldTtls: loweredLongAgo })).toMatchObject({ wait: 24 * hour })
    })

    it('counts from when an earlier run saw the last of them in force', () => {
      expect(lead({ oldTtls: loweredLongAgo, licensedSince })).toMatchObject({
        wait: 24 * hour,
        since: 99,
      })
    })

    it('counts anew when one agent’s was never seen', () => {
      const fewer = new Map([...licensedSince].slice(1))
      expect(lead({ oldTtls: loweredLongAgo, licensedSince: fewer })).not.toHaveProperty('since')
    })
  })

  it('W1.3 on the way back caches may hold the everyday TTL that was put back before', () => {
    const { steps } = compiled()
    const inputs = steps.filter(({ kind }) => kind === 'dns.propagation').map(({ input }) => input)

    expect(inputs[0]).toMatchObject({ ttl: 300, everyday: 3600 })
    expect(inputs[1]).not.toHaveProperty('everyday')
  })

  it('D2 the test caller is one whom the first share keeps', () => {
    const { steps } = compiled()
    const input = steps.find(({ key }) => key === 'call.test')?.input as { caller: string }

    expect(shareBucket(input.caller, 'acme:dallas')).toBeLessThan(1000)
  })

  it('sites of one wave drain together on the way back, each with its own overrides', () => {
    const { steps, overrides } = compileWave(plan(), waveId('both'), request)
    const keys = steps.map(({ key }) => key)
    const at = (key: string) => keys.indexOf(stepKey(key))

    expect(at('back.drain@reno')).toBeLessThan(at('select@dallas'))
    expect(at('select@dallas')).toBeLessThan(at('select@reno'))
    expect(at('first.agents@reno')).toBeLessThan(at('select@dallas'))
    expect(overrides).toEqual(['dns.ttlLead = 24h: measured'])
    const wait = steps.find(({ key }) => key.startsWith('ttl.wait') && key.endsWith('@reno'))
    expect(wait?.input).toMatchObject({ lead: 24 * 3_600_000 })
  })

  it('names the waves that there are when there is none of that name', () => {
    expect(() => compileWave(plan(), waveId('austin'), request)).toThrow(/dallas, both/)
  })
})

describe('waveSteps', () => {
  it('every change is held to the step laws by a test', () => {
    const folder = new URL('..', import.meta.url)
    const tests = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('-steps.test.ts'))
      .map((file) => readFileSync(new URL(file, folder), 'utf8'))
      .join('\n')
    const index = readFileSync(new URL('steps.ts', import.meta.url), 'utf8')
    const names = [...index.matchAll(/^ {2}(\w+Step),$/gm)].map(([, name]) => name ?? '')

    expect(new Set(names).size).toBe(waveSteps.filter(({ type }) => type === 'change').length)
    for (const name of names)
      expect(tests, name).toMatch(
        new RegExp(`itKeepsThe(StepLaws|LawsOfHands)\\(${name}|\\[${name}, `),
      )
  })

  it('every kind is there once', () => {
    expect(kinds.size).toBe(waveSteps.length)
  })
})

describe('stageAgents', () => {
  const stages = [percent(10), percent(20), percent(50), percent(100)] as const
  const spread = (count: number) => {
    const { first, rest } = stageAgents(agents(count), stages, guidePolicy)
    return [first, ...rest].map(({ share, agents: group }) => [share, group.length])
  }

  it('W2.2 the first group is ten, and ten per cent', () => {
    expect(spread(100)).toEqual([
      [10, 10],
      [20, 10],
      [50, 30],
      [100, 50],
    ])
    expect(spread(300)[0]).toEqual([10, 30])
  })

  it('D21 a smaller site’s share is what its first group carries', () => {
    expect(spread(40)).toEqual([
      [20, 10],
      [50, 10],
      [100, 20],
    ])
  })

  it('D21 never empties the source before it is selected away from: half of a small site stays', () => {
    expect(spread(12)).toEqual([
      [50, 6],
      [100, 6],
    ])
    expect(spread(8)).toEqual([
      [50, 4],
      [100, 4],
    ])
    expect(spread(1)).toEqual([[100, 1]])
  })

  it('W5.1 one agent of each licence is in the first group: a real log-in of each kind', () => {
    const mixed = agents(40).map((agent, index) =>
      index < 38 ? agent : { ...agent, licence: `rare-${index}` },
    )
    const { first, rest } = stageAgents(mixed, stages, guidePolicy)

    expect(new Set(first.agents.map(({ licence }) => licence)).size).toBe(3)
    const everybody = [first, ...rest].flatMap((stage) => stage.agents.map(({ user }) => user))
    expect(everybody.toSorted()).toEqual(mixed.map(({ user }) => user).toSorted())
  })

  it('D21 the share is never more than its agents', () => {
    for (let count = 1; count < 150; count += 1) {
      let moved = 0
      for (const [share, group] of spread(count)) {
        moved += group ?? 0
        expect(moved / count).toBeGreaterThanOrEqual((share ?? 0) / 100)
      }
      expect(moved).toBe(count)
    }
  })
})

describe('recordValues', () => {
  const name = recordName('x.example')
  const at = (host: string) => ({ host, port: 5080, transport: 'udp' }) as const

  it('W1.2 leads to the gateway by the means of each type', () => {
    expect(recordValues({ name, type: 'SRV' }, at('Gw.Example.'))).toEqual([
      '10 10 5080 gw.example',
    ])
    expect(recordValues({ name, type: 'CNAME' }, at('gw.example'))).toEqual(['gw.example'])
    expect(recordValues({ name, type: 'NAPTR' }, at('gw.example'))).toEqual([
      '10 10 "s" "SIP+D2U" "" _sip._udp.gw.example',
    ])
    expect(
      recordValues({ name, type: 'NAPTR' }, { ...at('gw.example'), transport: 'tls' }),
    ).toEqual(['10 10 "s" "SIPS+D2T" "" _sips._tcp.gw.example'])
    expect(recordValues({ name, type: 'A' }, at('192.0.2.1'))).toEqual(['192.0.2.1'])
    expect(recordValues({ name, type: 'AAAA' }, at('2001:db8::1'))).toEqual(['2001:db8::1'])
  })

  it('D6 refuses what a type can’t hold', () => {
    expect(() => recordValues({ name, type: 'CNAME' }, at('192.0.2.1'))).toThrow(/not an address/)
    expect(() => recordValues({ name, type: 'SRV' }, at('192.0.2.1'))).toThrow(/not an address/)
    expect(() => recordValues({ name, type: 'NAPTR' }, at('192.0.2.1'))).toThrow(
      /not to an address/,
    )
    expect(() => recordValues({ name, type: 'A' }, at('gw.example'))).toThrow(/A address/)
    expect(() => recordValues({ name, type: 'AAAA' }, at('192.0.2.1'))).toThrow(/AAAA address/)
  })
})
