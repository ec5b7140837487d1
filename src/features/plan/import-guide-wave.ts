import { isPair, isScalar, isSeq, visit } from 'yaml'
import { compileTrigger } from './compile-trigger.ts'
import { type Field, type Findings, fieldsOf, type GuideImport } from './guide-import.ts'
import { realCallFor } from './invented-calls.ts'
import { suggest } from './nearest-name.ts'
import { keyText, type SourceFile, startOf } from './source-file.ts'

/** The guide's steps and the step kinds that do what they mean. */
const stepKinds: Readonly<Record<string, { readonly kind: string; readonly means: string }>> = {
  update_dns: { kind: 'authority.select', means: 'the DNS records choose the target' },
  activate_trunk_inbound: { kind: 'trunk.arm', means: 'the target trunk takes calls' },
  shift_queue_traffic: {
    kind: 'authority.set-share',
    means: 'the target keeps a share of callers',
  },
}

const rollbackActions: Readonly<Record<string, string>> = {
  revert_dns_and_deactivate_trunks:
    'generated inverse in reverse order: authority.set-share, authority.select, then, once caches and calls have drained, trunk.arm; agents go back too',
}

interface Step {
  readonly name: string
  readonly at: number
}

/** The guide's wave payload (W5.2): its steps, its trigger, its way back, and what is wrong with its order (D16). */
export function importGuideWave(source: SourceFile, findings: Findings): GuideImport {
  const steps: Step[] = []
  for (const field of fieldsOf(source.root)) {
    const read = topFields[field.name]
    if (field.name === 'sequence') steps.push(...importSequence(field, findings))
    else if (Object.hasOwn(topFields, field.name) && read !== undefined) read(field, findings)
    else
      findings.refuse(
        field.keyAt,
        field.name,
        `unknown field${suggest(field.name, [...Object.keys(topFields), 'sequence'])}`,
      )
  }
  listPlaceholders(source, findings)
  findOrderHazard(steps, findings)
  findMissingAgents(steps, findings)
  return findings.finish('wave')
}

const topFields: Readonly<Record<string, (field: Field, findings: Findings) => void>> = {
  waveId: (field, findings) => findings.map(field.valueAt, 'waveId', `waves.${field.text}`),
  rollbackTrigger: importTrigger,
  rollbackAction: importRollbackAction,
}

function importTrigger(field: Field, findings: Findings): void {
  const trigger = compileTrigger(field.text)
  if (trigger.ok)
    findings.map(field.valueAt, 'rollbackTrigger', `waves.*.rollbackTrigger: ${trigger.value.cel}`)
  else
    findings.note(field.valueAt + 1 + trigger.problem.at, {
      code: 'guide.trigger',
      message: `rollbackTrigger: ${trigger.problem.message}`,
    })
}

function importRollbackAction(field: Field, findings: Findings): void {
  const action = Object.hasOwn(rollbackActions, field.text)
    ? rollbackActions[field.text]
    : undefined
  if (action !== undefined) findings.map(field.valueAt, `rollbackAction ${field.text}`, action)
  else
    findings.refuse(
      field.valueAt,
      'rollbackAction',
      `"${field.text}" is not known${suggest(field.text, Object.keys(rollbackActions))}`,
    )
}

function importSequence(field: Field, findings: Findings): readonly Step[] {
  if (!isSeq(field.node)) {
    findings.refuse(field.valueAt, 'sequence', 'expected a list of steps')
    return []
  }
  return field.node.items.flatMap((item, index) => {
    const fields = fieldsOf(item)
    const step = fields.find(({ name }) => name === 'step')
    if (step === undefined) {
      findings.refuse(startOf(item), `sequence[${index}]`, '"step" is missing')
      return []
    }
    importStep(step, findings)
    importCalls(fields, step.text, findings)
    return [{ name: step.text, at: step.valueAt }]
  })
}

function importStep(step: Field, findings: Findings): void {
  const known = Object.hasOwn(stepKinds, step.text) ? stepKinds[step.text] : undefined
  if (known !== undefined) findings.map(step.valueAt, step.text, `${known.kind}: ${known.means}`)
  else
    findings.refuse(
      step.valueAt,
      'step',
      `"${step.text}" is no step that is known${suggest(step.text, Object.keys(stepKinds))}`,
    )
}

function importCalls(fields: readonly Field[], step: string, findings: Findings): void {
  const field = (name: string) => fields.find((each) => each.name === name)
  const [endpoint, method, validation] = [field('endpoint'), field('method'), field('validation')]
  if (endpoint !== undefined) importCall(endpoint, method?.text ?? '', { step, findings })
  if (validation !== undefined) importValidation(validation, step, findings)
  for (const { name, keyAt } of fields)
    if (!['step', 'endpoint', 'method', 'validation'].includes(name))
      findings.refuse(
        keyAt,
        `${step}.${name}`,
        `unknown field${suggest(name, ['endpoint', 'method', 'validation'])}`,
      )
}

function importCall(field: Field, method: string, on: { step: string; findings: Findings }): void {
  const from = `${on.step}.endpoint`
  const real = realCallFor(method, field.text)
  if (real === undefined) {
    on.findings.refuse(field.valueAt, from, `${method} ${field.text} is no call that is known`)
    return
  }
  on.findings.map(field.valueAt, `${method} ${field.text}`, real)
  on.findings.note(field.valueAt, {
    severity: 'warn',
    code: 'guide.invented-call',
    message: `${from}: no vendor has ${method} ${field.text}; done instead: ${real}`,
  })
}

function importValidation(field: Field, step: string, findings: Findings): void {
  const [, resolver] = /^dig\s+@(\S+)\s/.exec(field.text) ?? []
  if (resolver !== undefined) {
    const to = 'every authoritative server, then three or more resolvers with their remaining TTLs'
    findings.map(field.valueAt, field.text, to)
    findings.note(field.valueAt, {
      severity: 'warn',
      code: 'guide.one-resolver',
      message: `${step}.validation: one resolver (${resolver}) is one cache; asked instead: ${to}`,
    })
    return
  }
  const [, method, path] = /^([A-Z]+)\s+(\S+)$/.exec(field.text) ?? []
  if (method === undefined || path === undefined)
    findings.refuse(field.valueAt, `${step}.validation`, 'is neither a dig command nor METHOD path')
  else importCall({ ...field, text: path }, method, { step: `${step}.validation`, findings })
}

/** `{trunkId}` stands for a value that the payload does not have: each place is named. */
function listPlaceholders(source: SourceFile, findings: Findings): void {
  if (source.root === null) return
  visit(source.root, {
    Scalar(_key, node, path) {
      if (!isScalar(node) || typeof node.value !== 'string') return
      const start = startOf(node)
      const written = source.text.slice(start, node.range?.[1] ?? start)
      for (const { 1: name = '', index } of written.matchAll(/\{(\w+)\}/g))
        findings.bind(start + index, placeOf(path), name)
    },
  })
}

/** The keys above a value: `sequence.endpoint`. */
function placeOf(ancestors: readonly unknown[]): string {
  return ancestors
    .flatMap((ancestor) => (isPair(ancestor) ? (keyText(ancestor.key) ?? []) : []))
    .join('.')
}

/** Walks the steps as printed: a moment in which the target is selected and takes no calls is the hazard of D16. */
function findOrderHazard(steps: readonly Step[], findings: Findings): void {
  let armed = false
  for (const [index, step] of steps.entries()) {
    if (step.name === 'activate_trunk_inbound') armed = true
    if (step.name !== 'update_dns' || armed) continue
    const arming = steps.findIndex(({ name }) => name === 'activate_trunk_inbound')
    const until = arming < 0 ? 'never' : 't1'
    const end =
      arming < 0
        ? { at: 'from then on', what: 'no step of the payload ever activates the trunk' }
        : {
            at: 't1',
            what: `step ${arming + 1} (activate_trunk_inbound) is done; calls until then are lost`,
          }
    findings.endanger(step.at, {
      decision: 'D16',
      what: `update_dns (step ${index + 1}) selects the target while its trunk is inactive until ${until}`,
      timeline: [
        {
          at: 't0',
          what: `step ${index + 1} (update_dns) is done: authoritative servers answer the target`,
        },
        { at: 't0 + 1 s', what: 'the first cache without an entry asks again and gets the target' },
        {
          at: 't0 + 2 s',
          what: 'a caller behind it is sent to the target and meets an inactive trunk',
        },
        end,
      ],
    })
    return
  }
}

function findMissingAgents(steps: readonly Step[], findings: Findings): void {
  const shift = steps.find(({ name }) => name === 'shift_queue_traffic')
  if (shift === undefined) return
  findings.note(shift.at, {
    severity: 'warn',
    code: 'guide.no-agents',
    message:
      'shift_queue_traffic: no step of the payload moves agents, and a queue without logged-in agents answers nobody',
    advice: 'in a plan agents and the share of callers rise together',
  })
}
