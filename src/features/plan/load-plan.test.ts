import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { checkAsExample, example, readBesideExample } from '../../../test/support/example-plan.ts'
import { siteId, waveId } from '../../kernel/ids.ts'
import { exitCodeOf, formatProblems } from './format-problems.ts'
import {
  checkPlan,
  compileTrigger,
  planJsonSchema,
  policyFor,
  showPlan,
  worstCaseWayBack,
} from './index.ts'

const root = new URL('../../../', import.meta.url)
const mistakes = readFileSync(new URL('test/fixtures/plans/twenty-mistakes.yaml', root), 'utf8')

/** The example with one piece of text replaced, which must be there. */
function changed(from: string, to: string): string {
  expect(example).toContain(from)
  return example.replace(from, to)
}

function planOf(text: string) {
  const { plan, problems } = checkAsExample(text)
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  if (plan === undefined) throw new Error('no plan')
  return plan
}

describe('the example', () => {
  it('checks clean', () => {
    expect(checkAsExample(example).problems).toEqual([])
    expect(exitCodeOf(checkAsExample(example))).toBe(0)
  })

  it('W1.1 W2.2 W5.1 fills in the figures of the guides', () => {
    const plan = planOf(example)
    const dallas = plan.sites[siteId('dallas')]
    const reno = plan.sites[siteId('reno')]

    expect(dallas).toMatchObject({ ttl: 300, drainLongest: 3 * 3_600_000 })
    expect(dallas?.numbers).toHaveLength(51)
    expect(dallas?.agents).toHaveLength(24)
    expect(dallas?.agents[0]).toMatchObject({ extension: '4101', queues: ['billing', 'support'] })
    expect(reno?.trunk).toMatchObject({ name: 'changeover-reno', transport: 'tcp', srtp: 'off' })
    expect(plan.waves[waveId('reno')]?.stages).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100])
    expect(plan.policy).toMatchObject({
      ttlLead: 72 * 3_600_000,
      firstAgents: 10,
      agentsPerSecond: 5,
    })
    expect(plan.platforms).toMatchObject({
      cloud: { api: 'https://api.mypurecloud.com', login: 'https://login.mypurecloud.com' },
    })
    expect(plan.gates['stage']?.checks[0]).toMatchObject({
      metric: 'success_rate',
      atLeast: 0.992,
      veto: true,
    })
  })

  it('P1.2 keeps what a person vouches for, with the reason', () => {
    const { attest } = planOf(example)

    expect(attest?.[0]?.what).toBe('site dallas: sessions of interconnect cloud-to-pbx')
    expect(attest?.[0]?.because).toContain('J. Doe')
  })

  it('is plain data: it survives JSON unchanged', () => {
    const plan = planOf(example)

    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
  })

  it('has another digest when the plan or a file it names changes', () => {
    const { digest } = planOf(example)
    const other = checkPlan(example, 'acme.yaml', {
      readFile: (path) => readBesideExample(path)?.replace('agent01', 'agent99'),
    })

    expect(digest).toMatch(/^[0-9a-f]{64}$/)
    expect(planOf(`${example}\n# seen`).digest).not.toBe(digest)
    expect(other.plan?.digest).not.toBe(digest)
  })

  it('has beside it the schema that its first line names, as `plan schema` prints it', () => {
    const written = readFileSync(new URL('examples/changeover.schema.json', root), 'utf8')

    expect(JSON.parse(written)).toEqual(planJsonSchema())
  })

  it('satisfies the JSON Schema that editors get, which refuses an unknown key', () => {
    const validate = new Ajv2020({ strict: false, allowUnionTypes: true }).compile(planJsonSchema())

    expect(validate(parse(example)), JSON.stringify(validate.errors)).toBe(true)
    expect(validate({ ...parse(example), plattforms: {} })).toBe(false)
  })

  it('is shown with its defaults, its overrides and no secret', () => {
    const shown = showPlan(planOf(example))

    expect(shown).toContain('way back      at worst 3 h 24 min: drain 3 h 3 min')
    expect(shown).toContain('override dns.ttlLead = 24h for dallas, because: resolvers measured')
    expect(shown).toContain('dallas  TTL lowered 24 h ahead')
    expect(shown).toContain('2026-12-05 22:00 .. 2026-12-06 05:00 (7 h)')
    expect(shown).not.toContain('SBC_TOKEN')
  })
})

describe('a plan with twenty mistakes', () => {
  const { plan, problems } = checkAsExample(mistakes)
  const places = problems.map(({ line, column, code }) => `${line}:${column} ${code}`)

  it('reports all of them at once, each at its line and column', () => {
    expect(plan).toBeUndefined()
    expect(places).toEqual([
      '2:7 plan.value',
      '4:1 plan.unknown-key',
      '7:3 plan.no-lever',
      '10:12 plan.value',
      '13:11 plan.value',
      '18:48 plan.value',
      '19:3 plan.few-resolvers',
      '26:9 plan.unknown-name',
      '27:23 plan.record',
      '28:15 plan.value',
      '30:47 plan.unknown-queue',
      '32:7 plan.queue-without-agents',
      '33:20 plan.sdes-without-tls',
      '37:47 plan.value',
      '38:10 plan.short-ttl',
      '39:23 plan.value',
      '45:7 plan.unknown-key',
      '46:5 plan.missing',
      '51:13 plan.window',
      '52:24 plan.stages',
      '52:24 plan.stages',
      '53:11 plan.unknown-name',
      '54:5 plan.duplicate-key',
      '55:22 plan.trigger',
      '58:13 plan.unknown-override',
      '59:5 plan.missing',
    ])
  })

  it('points at what stands in the file', () => {
    const lines = mistakes.split('\n')
    const at = (code: string) => {
      const problem = problems.find((each) => each.code === code)
      return lines[(problem?.line ?? 0) - 1]?.slice((problem?.column ?? 0) - 1)
    }

    expect(at('plan.sdes-without-tls')).toMatch(/^sdes/)
    expect(at('plan.record')).toMatch(/^_sip\._udp/)
    expect(at('plan.unknown-override')).toMatch(/^dns\.ttlLeed/)
    expect(at('plan.trigger')).toMatch(/^validation_failure_rat /)
  })

  it('names what was meant and repeats no secret', () => {
    const text = formatProblems(problems, { exit: 2 })

    for (const meant of [
      '"platforms"',
      '"genesys-cloud"',
      '"cloud"',
      '"success_rate"',
      '"dns.ttlLead"',
      '"stage"',
    ])
      expect(text).toContain(`did you mean ${meant}`)
    expect(text).toContain('the site\'s agents name queue "support"; did you mean that?')
    expect(text).not.toContain('hunter2')
  })

  it('exits 2', () => {
    expect(exitCodeOf({ problems })).toBe(2)
  })
})

describe('lints', () => {
  it.each([
    ['D6 an SRV record to an address', 'acme.byoc.use1.pure.cloud', '203.0.113.9', 'plan.record'],
    [
      'a primary that is not asked',
      '[10.0.0.53, 10.0.1.53]',
      '[10.0.1.53]',
      'plan.primary-not-listed',
    ],
    ['a trigger over a function', 'rate > 2%', 'rate > max(1, 2)', 'plan.trigger'],
    ['a lever of an unknown kind', 'by: rest', 'by: magic', 'plan.value'],
    ['a lever without a kind', '{ by: rest, url', '{ url', 'plan.missing'],
    ['a number where a word belongs', 'maxSessions: 60', 'maxSessions: many', 'plan.value'],
    ['a truth value that is none', 'veto: true', 'veto: yes please', 'plan.value'],
    ['a codec that nobody has', '[G722, PCMU, PCMA]', '[G723]', 'plan.value'],
    ['another version', 'changeover: 1', 'changeover: 2', 'plan.value'],
    ['a value where a list belongs', 'sites: [reno]', 'sites: reno', 'plan.shape'],
    [
      'a list where a value belongs',
      'gate: stage\n    rollback',
      'gate: [stage]\n    rollback',
      'plan.shape',
    ],
    [
      'W3.1 a queue without agents',
      'queues:\n      sales',
      'queues:\n      desk: { from: a, to: b }\n      sales',
      'plan.queue-without-agents',
    ],
    [
      'a number in two sites',
      '+1 775 555 0100 - 0119',
      '+1 214 555 0140 - 0160',
      'plan.number-twice',
    ],
    ['a site in two waves', 'sites: [reno]', 'sites: [reno, dallas]', 'plan.site-twice'],
    ['D6 _sips without TLS', '_sip._tcp.reno', '_sips._tcp.reno', 'plan.record'],
    ['D6 an SRV record without a service', '_sip._tcp.reno', 'reno', 'plan.record'],
    [
      'an A record to a host name',
      'reno.acme.example, type: SRV',
      'reno.acme.example, type: A',
      'plan.record',
    ],
    [
      'D6 a record in no zone',
      '_sip._tcp.reno.acme.example',
      '_sip._tcp.reno.acme.test',
      'plan.record',
    ],
    [
      'a trunk with the transport of nobody',
      'codecs: [G722, PCMU, PCMA]',
      'transport: udp',
      'plan.transport',
    ],
    ['D5 DTLS at Genesys', 'codecs: [G722, PCMU, PCMA]', 'srtp: dtls', 'plan.srtp'],
    ['D6 SDES in clear', 'codecs: [G722, PCMU, PCMA]', 'srtp: sdes', 'plan.sdes-without-tls'],
    ['W1.1 a TTL under 60 s', 'drain: { longest: 3h }', 'ttl: 59s', 'plan.short-ttl'],
    ['a window shorter than the way back', 'longest: 3h', 'longest: 7h', 'plan.window-too-short'],
    ['W1.3 no resolver on a site', ', at: reno', '', 'plan.few-resolvers'],
    [
      'W1.3 three resolvers on one network',
      example.slice(example.indexOf('    - { name: dallas office'), example.indexOf('\ncrm:')),
      '    - { name: a, address: 10.1.0.53, at: dallas }\n    - { name: b, address: 10.1.0.54, at: reno }\n    - { name: c, address: 10.1.0.55 }\n',
      'plan.few-resolvers',
    ],
    [
      'D5 no lever for agents',
      '    agents: { by: rest, url: http://10.0.0.6:8080/agents }',
      '    #',
      'plan.no-lever',
    ],
    ['stages that end early', '50%, 100%', '50%, 90%', 'plan.stages'],
    ['stages that fall', '20%, 50%', '20%, 15%', 'plan.stages'],
    [
      'a gate that is not there',
      'gate: stage\n    rollback',
      'gate: stages\n    rollback',
      'plan.unknown-name',
    ],
    ['W4.2 a trigger that is no CEL', 'rate > 2%', 'rate >> 2%', 'plan.trigger'],
    ['a check without a limit', 'atMost: 1200ms', 'window: 5m', 'plan.check-without-limit'],
    ['a limit in the unit of another metric', 'atMost: 1200ms', 'atMost: 2%', 'plan.value'],
    [
      'an override without a reason',
      ', because: "resolvers measured: none holds longer than 2 h"',
      '',
      'plan.missing',
    ],
    [
      'an override with an empty reason',
      '"resolvers measured: none holds longer than 2 h"',
      '""',
      'plan.value',
    ],
    ['an override for nobody', 'for: dallas', 'for: dalas', 'plan.unknown-name'],
    ['a wave towards an SBC', 'to: cloud', 'to: pbx', 'plan.direction'],
    ['a time zone that nobody knows', 'America/Chicago', 'America/Chicagoo', 'plan.time-zone'],
    ['a file that is not there', 'agents/reno.csv', 'agents/rno.csv', 'plan.no-file'],
    ['an empty list', '+1 775 555 0100 - 0119', '', 'plan.empty'],
    [
      'a list where a mapping belongs',
      'queues:\n      sales: { from: skill 31, to: Sales RNO }',
      'queues: [sales]',
      'plan.shape',
    ],
    ['broken YAML', 'sites: [reno]', 'sites: [reno', 'plan.syntax'],
  ])('finds %s', (_title, from, to, code) => {
    const { plan, problems } = checkAsExample(changed(from, to))

    expect(plan).toBeUndefined()
    expect(problems.map((problem) => problem.code)).toContain(code)
    expect(problems.every(({ line, column }) => line > 0 && column > 0)).toBe(true)
  })

  it('D1 takes a short TTL that an override forces, and warns', () => {
    const override =
      '\n  - { what: dns.cutoverTtl, to: 30s, for: reno, because: lab without caches }'
    const checked = checkAsExample(`${example.trimEnd()}${override}\n`)

    expect(checked.plan?.sites[siteId('reno')]?.ttl).toBe(30)
    expect(checked.plan?.sites[siteId('dallas')]?.ttl).toBe(300)
    expect(checked.problems).toMatchObject([{ severity: 'warn', code: 'plan.short-ttl' }])
    expect(exitCodeOf(checked)).toBe(0)
  })

  it('a reference to a platform that is itself wrong is no second mistake', () => {
    const { problems } = checkAsExample(changed('kind: genesys-cloud', 'kind: genesys'))

    expect(problems.map(({ code }) => code)).toEqual(['plan.value'])
  })

  it('D5 warns of a session limit that only a person can attest', () => {
    const checked = checkAsExample(changed('codecs: [G722, PCMU, PCMA]', 'maxSessions: 120'))

    expect(checked.plan?.sites[siteId('dallas')]?.trunk.maxSessions).toBe(120)
    expect(checked.problems).toMatchObject([{ severity: 'warn', code: 'plan.attest' }])
  })

  it('takes each port of loopback for a resolver of its own, as in a lab', () => {
    const lab = [1, 2, 3].map(
      (n) =>
        `    - { name: r${n}, address: "127.0.0.1:530${n}", at: ${n === 1 ? 'dallas' : 'reno'} }`,
    )
    const from = example.indexOf('    - { name: dallas office')
    const text = example.slice(0, from) + lab.join('\n') + example.slice(example.indexOf('\ncrm:'))

    expect(checkAsExample(text).problems).toEqual([])
  })

  it('D6 says what a record of each type holds', () => {
    const typed = (type: string) =>
      checkAsExample(changed('reno.acme.example, type: SRV', `reno.acme.example, type: ${type}`))
        .problems.filter(({ code }) => code === 'plan.record')
        .map(({ message }) => message)

    expect(typed('CNAME')).toEqual([])
    expect(typed('A')[1]).toContain('IPv4 address, but the gateway of platforms.cloud is acme.byoc')
    expect(typed('AAAA')[0]).toContain('IPv6 address')
  })

  it('a queue whose name is no name is still known to the agents who name it', () => {
    const { problems } = checkPlan(changed('      sales:', '      sales desk:'), 'acme.yaml', {
      readFile: (path) => readBesideExample(path)?.replaceAll(',sales,', ',sales desk,'),
    })

    expect(problems.map(({ code }) => code)).toEqual(['plan.name'])
  })

  it('D5 says which levers there are', () => {
    const { problems } = checkAsExample(
      changed('    agents: { by: rest, url: http://10.0.0.6:8080/agents }', '    #'),
    )
    const [lever] = problems.filter(({ code }) => code === 'plan.no-lever')

    expect(lever?.advice).toMatch(/by: rest.*by: hand/)
  })

  it('D5 takes a person for a lever', () => {
    const { problems } = checkAsExample(
      changed('{ by: rest, url: http://10.0.0.6:8080/agents }', '{ by: hand }'),
    )

    const errors = problems.filter(({ severity }) => severity === 'error')
    // Ten stages and a rearguard, each put back by somebody who may take half an hour.
    expect(errors.map(({ code }) => code)).toEqual(['plan.window-too-short'])
    expect(errors[0]?.message).toContain('waves.reno: window is 7 h, the way back can take 7 h 54')
  })
})

describe('agents', () => {
  it('asks for the file as the plan writes it, and names it from where the plan stands', () => {
    const asked: string[] = []
    const { problems } = checkPlan(example, 'plans/acme.yaml', {
      readFile: (path) => {
        asked.push(path)
        return undefined
      },
    })

    expect(asked).toEqual(['agents/dallas.csv', 'agents/reno.csv'])
    expect(problems[0]?.message).toContain('there is no file plans/agents/dallas.csv')
  })

  const csv = (text: string) =>
    checkPlan(example, 'plans/acme.yaml', {
      readFile: (path) => (path.endsWith('reno.csv') ? text : readBesideExample(path)),
    })

  it("reports a CSV's problems at its own line and column", () => {
    const { problems } = csv(
      'extension,user,queues,licence\n7101,ann,sales,cx3\n7102,bob,salse,cx3\n7101,eve,sales\n',
    )

    expect(problems).toMatchObject([
      { file: 'plans/agents/reno.csv', line: 3, column: 10, code: 'plan.unknown-queue' },
      { file: 'plans/agents/reno.csv', line: 4, column: 10, code: 'plan.agents-csv' },
    ])
    expect(problems[0]?.message).toContain('did you mean "sales"')
  })

  it.each([
    ['an agent twice', 'extension,user,queues,licence\n1,ann,sales,x\n2,Ann,sales,x\n', 3, 3],
    ['an unknown column', 'extension,usr,queues,licence\n', 1, 11],
    ['an empty field', 'extension,user,queues,licence\n1,ann,,x\n', 2, 7],
  ])('finds %s', (_title, text, line, column) => {
    expect(csv(text).problems).toContainEqual(expect.objectContaining({ line, column }))
  })

  it('takes columns in any order, quotes, and several queues', () => {
    const { plan, problems } = csv(
      'licence,"queues",extension,user\r\ncx3," sales;sales ",7101,"Ann ""A"", Lee"\r\n',
    )

    expect(problems).toEqual([])
    expect(plan?.sites[siteId('reno')]?.agents).toEqual([
      { extension: '7101', user: 'Ann "A", Lee', queues: ['sales', 'sales'], licence: 'cx3' },
    ])
  })
})

describe('policies', () => {
  it('the narrower override wins: plan, then wave, then site', () => {
    const extra = [
      '  - { what: dns.ttlLead, to: 48h, because: measured }',
      '  - { what: agents.perSecond, to: 2, because: old SBC }',
    ]
    const plan = planOf(`${example.trimEnd()}\n${extra.join('\n')}\n`)

    expect(policyFor(plan, {}).ttlLead).toBe(48 * 3_600_000)
    expect(policyFor(plan, { wave: 'dallas', site: 'dallas' })).toMatchObject({
      ttlLead: 24 * 3_600_000,
      agentsPerSecond: 2,
    })
  })

  it('X4 the way back is drain, caches, propagation and agents', () => {
    const plan = planOf(example)
    const wave = plan.waves[waveId('dallas')]
    const back = wave === undefined ? undefined : worstCaseWayBack(plan, wave)

    expect(back).toMatchObject({
      // Three hours, and a third of the quiet time.
      drain: 11_000_000,
      caches: 360_000,
      propagation: 900_000,
      agents: 4800,
    })
    expect(back?.total).toBe(11_000_000 + 360_000 + 900_000 + 4800)
  })

  it('W4.2 keeps the trigger as CEL', () => {
    const trigger = compileTrigger(planOf(example).waves[waveId('reno')]?.rollbackTrigger ?? '')

    expect(trigger).toMatchObject({ ok: true, value: { cel: 'validation_failure_rate > 0.02' } })
  })
})
