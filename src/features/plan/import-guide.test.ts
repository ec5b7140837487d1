import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { waveSteps } from '../waves/index.ts'
import { formatImport } from './format-import.ts'
import { exitCodeOf, formatProblems } from './format-problems.ts'
import { importGuidePayload } from './import-guide.ts'
import { checkPlan } from './load-plan.ts'

function guide(name: string): string {
  return readFileSync(
    new URL(`../../../test/fixtures/guides/001-${name}.json`, import.meta.url),
    'utf8',
  )
}

function check(text: string) {
  return checkPlan(text, 'wave.json', { readFile: () => undefined })
}

describe("the guide's wave", () => {
  const text = guide('wave')
  const imported = importGuidePayload(text, 'wave.json')

  it('W5.2 becomes step kinds, an expression and a way back', () => {
    const to = new Map(imported.mapped.map((each) => [each.from, each.to]))

    expect(imported.kind).toBe('wave')
    expect(to.get('update_dns')).toMatch(/^authority\.select/)
    expect(to.get('activate_trunk_inbound')).toMatch(/^trunk\.arm/)
    expect(to.get('shift_queue_traffic')).toMatch(/^authority\.set-share/)
    expect(to.get('rollbackTrigger')).toBe(
      'waves.*.rollbackTrigger: validation_failure_rate > 0.02',
    )
    expect(to.get('rollbackAction revert_dns_and_deactivate_trunks')).toContain(
      'inverse in reverse order',
    )
    expect(imported.refused).toEqual([])
  })

  it('W5.2 names only kinds of step that a wave has', () => {
    const kinds = new Set(waveSteps.map(({ kind }) => kind))
    const named = imported.mapped.flatMap(
      ({ to }) => to.match(/\b(authority|trunk)\.[a-z-]+/g) ?? [],
    )

    expect(named.length).toBeGreaterThan(4)
    expect(named.filter((kind) => !kinds.has(kind))).toEqual([])
  })

  it('W5.2 lists every placeholder where it stands', () => {
    expect(imported.missingBindings.map(({ name, line, column }) => [name, line, column])).toEqual([
      ['trunkId', 12, 60],
      ['trunkId', 14, 77],
      ['queueId', 18, 43],
      ['queueId', 20, 76],
    ])
    const lines = text.split('\n')
    for (const { name, line, column } of imported.missingBindings)
      expect(lines[line - 1]?.slice(column - 1)).toMatch(new RegExp(`^\\{${name}\\}`))
  })

  it('D5 names the real call for each invented one', () => {
    const invented = imported.problems.filter(({ code }) => code === 'guide.invented-call')

    expect(invented).toHaveLength(5)
    expect(invented.map(({ message }) => message).join('\n')).toMatch(
      /trunkbasesettings[\s\S]*phones[\s\S]*members/,
    )
  })

  it('D16 names the hazard of its order, with a timeline', () => {
    expect(imported.hazards).toMatchObject([{ decision: 'D16', line: 5, column: 15 }])
    expect(imported.hazards[0]?.timeline.map(({ at }) => at)).toEqual([
      't0',
      't0 + 1 s',
      't0 + 2 s',
      't1',
    ])
    expect(imported.hazards[0]?.timeline[2]?.what).toContain('inactive trunk')
    expect(formatImport(imported)).toContain('hazard: update_dns (step 1) selects the target')
  })

  it('is refused for safety, which outranks bad input', () => {
    const checked = check(text)

    expect(checked.refusedForSafety).toBe(true)
    expect(checked.plan).toBeUndefined()
    expect(exitCodeOf(checked)).toBe(4)
    expect(formatProblems(checked.problems, { exit: 4 })).toMatch(/refused for safety +exit 4$/)
  })

  it('D16 is not raised when the trunk is activated first', () => {
    const payload: { sequence: unknown[] } = JSON.parse(text)
    const [dns, trunk, queues] = payload.sequence
    const checked = check(JSON.stringify({ ...payload, sequence: [trunk, dns, queues] }))

    expect(checked.imported?.hazards).toEqual([])
    expect(checked.refusedForSafety).toBeUndefined()
    expect(exitCodeOf(checked)).toBe(2)
  })

  it('D16 is raised when no step activates the trunk at all', () => {
    const payload: { sequence: unknown[] } = JSON.parse(text)
    const checked = check(JSON.stringify({ ...payload, sequence: payload.sequence.slice(0, 1) }))

    expect(checked.imported?.hazards[0]?.what).toContain('until never')
  })

  it.each([
    ['update_dns', 'update_dsn', 'did you mean "update_dns"'],
    ['validation_failure_rate >', 'validation_failure >', 'is no metric'],
    ['revert_dns_and', 'revert_dnss_and', 'did you mean "revert_dns_and_deactivate_trunks"'],
    ['"rollbackAction"', '"rollbackActions"', 'did you mean "rollbackAction"'],
    ['"step": "update_dns"', '"stepp": "update_dns"', '"step" is missing'],
    ['"validation": "dig @8.8.8.8', '"validation": "ask 8.8.8.8', 'neither a dig command'],
    ['"validation": "dig', '"validations": "dig', 'did you mean "validation"'],
    ['"sequence": [', '"sequence": 1, "rest": [', 'expected a list of steps'],
    ['"method": "PUT"', '"method": "DELETE"', 'is no call that is known'],
  ])('says what it does not understand: %s → %s', (from, to, message) => {
    const messages = importGuidePayload(text.replace(from, to), 'w').problems.map(
      (each) => each.message,
    )

    expect(messages.join('\n')).toContain(message)
  })
})

describe("the guide's fields", () => {
  it('P1.4 reads the SRV record; its invented target is refused (D5)', () => {
    const imported = importGuidePayload(guide('dns-srv-record'), 'r.json')

    expect(imported.kind).toBe('dns-srv-record')
    expect(imported.mapped).toHaveLength(7)
    expect(imported.refused).toMatchObject([{ from: 'target', line: 8, column: 13 }])
  })

  it.each([
    ['"ttl": 300', '"ttl": 30', '30 s is below 60 s'],
    ['gateway-us-east-1.genesys.cloud', '203.0.113.5', 'is no host name'],
    ['gateway-us-east-1.genesys.cloud', 'sip:a.example:5060', 'is no host name'],
    ['_sip._tcp', 'sip.tcp', 'an SRV record is named _service'],
    ['"SRV"', '"CNAME"', 'those belong to SRV'],
    ['5060', '65536', 'ports'],
    ['"weight": 0', '"weight": 1e9', 'whole number'],
  ])('D6 refuses the record with %s → %s', (from, to, because) => {
    const { refused } = importGuidePayload(guide('dns-srv-record').replace(from, to), 'r.json')

    expect(refused.map((each) => each.because).join('\n')).toContain(because)
  })

  it('P1.4 reads the trunk activation; its status is refused (D5), its sessions are attested', () => {
    const imported = importGuidePayload(guide('trunk-activation'), 't.json')

    expect(imported.mapped.map(({ to }) => to)).toContain(
      'sites.*.trunk.codecs: [G722, PCMU, PCMA]',
    )
    expect(imported.refused).toMatchObject([{ from: 'status', line: 3 }])
    expect(imported.problems.map(({ code }) => code)).toEqual(['guide.refused', 'guide.attest'])
  })

  it.each([
    ['"G722"', '"G723"', 'did you mean "G722"'],
    ['+18005550199', '8005550199', 'E.164'],
    ['"enabled": true', '"enabled": "yes"', 'neither true nor false'],
    ['"siteId"', '"sideId"', 'did you mean "siteId"'],
  ])('refuses the trunk with %s → %s', (from, to, because) => {
    const { refused } = importGuidePayload(guide('trunk-activation').replace(from, to), 't.json')

    expect(refused.map((each) => each.because).join('\n')).toContain(because)
  })
})

function otherGuide(name: string): string {
  return readFileSync(
    new URL(`../../../test/fixtures/guides/${name}.json`, import.meta.url),
    'utf8',
  )
}

describe('the interconnect trunk', () => {
  const text = otherGuide('000-sip-interconnect-trunk')

  it('P1.4 H1.1 is read field by field; keys in clear and a written password are refused', () => {
    const imported = importGuidePayload(text, 'i.json')

    expect(imported.kind).toBe('interconnect-trunk')
    expect(imported.mapped.map(({ to }) => to)).toContain(
      'sites.*.trunk.codecs: [PCMU, PCMA, G729]',
    )
    expect(imported.refused).toMatchObject([
      { from: 'credentials.password', because: expect.stringContaining('env:NAME') },
      { from: 'srtp', because: expect.stringContaining('in clear over UDP') },
    ])
    expect(imported.problems.map(({ code }) => code)).toContain('guide.attest')
  })

  it('D6 takes mandatory SRTP over TLS', () => {
    const { refused } = importGuidePayload(text.replace('"UDP"', '"TLS"'), 'i.json')

    expect(refused.map(({ from }) => from)).toEqual(['credentials.password'])
  })

  it.each([
    ['"SIP"', '"H323"', 'none that is spoken here'],
    ['"UDP"', '"SCTP"', 'UDP, TCP or TLS expected'],
    ['"Mandatory"', '"Sometimes"', 'Mandatory, Optional or Disabled'],
    ['"G729"', '"G728"', 'is no codec'],
    ['10000-20000', '20000-10000', 'two ports'],
    ['"UsernamePassword"', '"None"', 'UsernamePassword expected'],
    ['203.0.113.50', 'pbx', 'is no IP address'],
    ['"disableEarlyMedia": false', '"disableEarlyMedia": true', 'would not hear ringing'],
    ['"username"', '"usernam"', 'did you mean "username"'],
  ])('refuses it with %s → %s', (from, to, because) => {
    const { refused } = importGuidePayload(text.replace(from, to), 'i.json')

    expect(refused.map((each) => each.because).join('\n')).toContain(because)
  })
})

describe('the failover test', () => {
  const text = otherGuide('004-trunk-failover')

  it('P1.4 G3.1 G3.3 is read field by field; trunks without an address are named', () => {
    const imported = importGuidePayload(text, 'f.json')
    const to = imported.mapped.map((each) => each.to)

    expect(imported.kind).toBe('trunk-failover')
    expect(to).toContain('sip probe --interval 30s')
    expect(to).toContain('sip probe --failures 3')
    expect(to).toContain('sip probe --recoveries 2')
    expect(to).toContain('sip codecs --mode strict')
    expect(imported.missingBindings.map(({ name }) => name)).toEqual([
      'validation_trunk_primary',
      'trunk_secondary',
      'trunk_tertiary',
    ])
    expect(imported.refused.map(({ from }) => from)).toEqual(['status'])
  })

  it.each([
    ['"strict"', '"loose"', 'strict or flexible'],
    ['"enabled": true', '"enabled": false', 'tests nothing'],
    ['"failureThreshold": 3', '"failureThreshold": "three"', 'whole number'],
    ['"sequence"', '"sequences"', 'did you mean "sequence"'],
  ])('refuses it with %s → %s', (from, to, because) => {
    const { refused } = importGuidePayload(text.replace(from, to), 'f.json')

    expect(refused.map((each) => each.because).join('\n')).toContain(because)
  })
})

describe('any payload', () => {
  it('is judged with places, whatever was cut out', () => {
    const texts = [
      ...['wave', 'dns-srv-record', 'trunk-activation'].map(guide),
      ...['000-sip-interconnect-trunk', '004-trunk-failover'].map(otherGuide),
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.nat(1200),
        fc.nat(40),
        fc.string(),
        (text, at, cut, put) => {
          const { problems } = importGuidePayload(
            text.slice(0, at) + put + text.slice(at + cut),
            'x.json',
          )
          expect(problems.every(({ line, column }) => line > 0 && column > 0)).toBe(true)
        },
      ),
    )
  })
})

describe('other payloads', () => {
  it.each([
    ['{"rollback_id": "x"}', 'rollback manifest'],
    ['{"hello": 1}', 'no payload of the guides'],
    ['{"waveId": ', 'YAML'],
    ['[]', 'no payload of the guides'],
  ])('%s is an error that says what there is', (text, message) => {
    const imported = importGuidePayload(text, 'x.json')

    expect(imported.kind).toBe('unknown')
    expect(imported.problems[0]?.message).toContain(message)
    expect(exitCodeOf(imported)).toBe(2)
  })
})
