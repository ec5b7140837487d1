import { isMap, isScalar, isSeq, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml'
import { z } from 'zod'
import { suggest } from './nearest-name.ts'
import { type Finding, formatPath, type Path, type Problem } from './problem.ts'
import { keyText, type SourceFile, scalarText, startOf } from './source-file.ts'

/** The value as written, for zod, and what of it could be read, for lints that go on in spite of problems. */
interface Read {
  readonly raw: unknown
  readonly draft: unknown
}

interface Walk {
  readonly source: SourceFile
  readonly problems: Problem[]
}

/** Where a missing thing is reported, and what its path is. */
interface Place {
  readonly path: Path
  readonly anchor: number
}

const absent: Read = { raw: undefined, draft: undefined }

/**
 * Walks a schema along a file and reports every problem at its own place.
 *
 * zod alone gives no value when one leaf is wrong; here the rest goes on, so that a plan with twenty
 * mistakes shows twenty.
 */
export function checkNode(schema: z.ZodType, source: SourceFile): Read & { problems: Problem[] } {
  const problems: Problem[] = []
  const read = walk(schema, source.root, { path: [], anchor: 0 }, { source, problems })
  return { ...read, problems }
}

function walk(schema: unknown, node: unknown, place: Place, on: Walk): Read {
  const target = on.source.resolve(node)
  const bare = unwrap(schema)
  if (isNothing(target)) return readMissing(schema, place, on)
  if (bare instanceof z.ZodObject) return readObject(bare, target, place, on)
  if (bare instanceof z.ZodRecord) return readRecord(bare, target, place, on)
  if (bare instanceof z.ZodArray) return readArray(bare, target, place, on)
  if (bare instanceof z.ZodUnion) return readUnion(bare, target, place, on)
  return bare instanceof z.ZodType ? readLeaf(bare, target, place, on) : absent
}

function unwrap(schema: unknown): unknown {
  const wrapped =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  return wrapped ? unwrap(schema.unwrap()) : schema
}

function isNothing(node: unknown): boolean {
  return node === undefined || node === null || (isScalar(node) && node.value === null)
}

function readMissing(schema: unknown, { path, anchor }: Place, on: Walk): Read {
  const given = schema instanceof z.ZodType ? schema.safeParse(undefined) : undefined
  if (given?.success) return { raw: undefined, draft: given.data }
  const what = schema instanceof z.ZodType ? schema.meta()?.description : undefined
  const parent = formatPath(path.slice(0, -1))
  const said =
    path.length === 0 ? 'the file is empty' : `${prefix(parent)}"${path.at(-1)}" is missing`
  report(on, anchor, {
    code: 'plan.missing',
    message: what === undefined ? said : `${said}; expected ${what}`,
  })
  return absent
}

function readObject(schema: z.ZodObject, node: unknown, place: Place, on: Walk): Read {
  if (!isMap(node)) return wrongShape(node, place, on, 'a mapping (key: value)')
  const known = Object.keys(schema.shape)
  const pairs = uniquePairs(node, place, on)
  for (const [key, pair] of pairs) {
    if (known.includes(key)) continue
    report(on, startOf(pair.key), {
      code: 'plan.unknown-key',
      message: `${formatPath([...place.path, key])}: unknown key${suggest(key, known)}`,
    })
  }
  return gather(
    known.map((key) => {
      const pair = pairs.get(key)
      const anchor = pair === undefined ? place.anchor : startOf(pair.key)
      return [key, walk(schema.shape[key], pair?.value, { path: [...place.path, key], anchor }, on)]
    }),
  )
}

function readRecord(schema: z.ZodRecord, node: unknown, place: Place, on: Walk): Read {
  if (!isMap(node)) return wrongShape(node, place, on, 'a mapping (name: …)')
  const read: [string, Read][] = []
  for (const [key, pair] of uniquePairs(node, place, on)) {
    const path = [...place.path, key]
    const named = z.safeParse(schema.keyType, key)
    if (named.success) {
      read.push([key, walk(schema.valueType, pair.value, { path, anchor: startOf(pair.key) }, on)])
    } else {
      const message = `${formatPath(path)}: ${named.error.issues[0]?.message ?? 'is no name'}`
      report(on, startOf(pair.key), { code: 'plan.name', message })
      read.push([key, absent])
    }
  }
  // A name stays known although what it stands for is wrong: what refers to it is no second mistake.
  const names = Object.fromEntries(read.map(([key, { draft }]) => [key, draft]))
  return { raw: gather(read).raw, draft: names }
}

function uniquePairs(map: YAMLMap, place: Place, on: Walk): ReadonlyMap<string, Pair> {
  const pairs = new Map<string, Pair>()
  for (const pair of map.items) {
    const key = keyText(pair.key)
    const twice = key !== undefined && pairs.has(key)
    if (key === undefined || twice) {
      const message = twice
        ? `${formatPath([...place.path, key])}: this key is here twice`
        : 'this key is no name'
      report(on, startOf(pair.key), { code: twice ? 'plan.duplicate-key' : 'plan.name', message })
    } else pairs.set(key, pair)
  }
  return pairs
}

function readArray(schema: z.ZodArray, node: unknown, place: Place, on: Walk): Read {
  if (!isSeq(node)) return wrongShape(node, place, on, 'a list ([ a, b ] or lines with -)')
  const items = (node as YAMLSeq).items.map((item, index) =>
    walk(schema.element, item, { path: [...place.path, index], anchor: startOf(item) }, on),
  )
  const empty = items.length === 0 && !schema.safeParse([]).success
  if (empty)
    report(on, startOf(node), {
      code: 'plan.empty',
      message: `${formatPath(place.path)}: is empty, at least one is needed`,
    })
  return { raw: items.map(({ raw }) => raw), draft: items.map(({ draft }) => draft) }
}

function readUnion(schema: z.ZodUnion, node: unknown, place: Place, on: Walk): Read {
  if (schema instanceof z.ZodDiscriminatedUnion) return readChoice(schema, node, place, on)
  const option = schema.options.find((each) =>
    isSeq(node) ? each instanceof z.ZodArray : each instanceof z.ZodObject,
  )
  const fits = option !== undefined && (isSeq(node) || isMap(node))
  return fits ? walk(option, node, place, on) : wrongShape(node, place, on, describe(schema))
}

function readChoice(schema: z.ZodDiscriminatedUnion, node: unknown, place: Place, on: Walk): Read {
  if (!isMap(node)) return wrongShape(node, place, on, describe(schema))
  const by = schema._zod.def.discriminator
  const pair = node.items.find(({ key }) => keyText(key) === by)
  const options = new Map(schema.options.map((option) => [literalOf(option, by), option]))
  const names = [...options.keys()]
  if (pair === undefined || !isScalar(pair.value)) {
    report(on, place.anchor, {
      code: 'plan.missing',
      message: `${formatPath(place.path)}: "${by}" is missing; expected one of ${names.join(', ')}`,
    })
    return absent
  }
  const chosen = scalarText(pair.value)
  const option = options.get(chosen)
  if (option !== undefined) return walk(option, node, place, on)
  report(on, startOf(pair.value), {
    code: 'plan.value',
    message: `${formatPath([...place.path, by])}: "${chosen}" is not known${suggest(chosen, names)}`,
  })
  return absent
}

function literalOf(option: unknown, key: string): string {
  const member = option instanceof z.ZodObject ? option.shape[key] : undefined
  return member instanceof z.ZodLiteral ? String(member.value) : ''
}

function readLeaf(schema: z.ZodType, node: unknown, place: Place, on: Walk): Read {
  if (!isScalar(node)) return wrongShape(node, place, on, describe(schema))
  const raw = leafValue(schema, node)
  const parsed = schema.safeParse(raw)
  if (parsed.success) return { raw, draft: parsed.data }
  report(on, startOf(node), {
    code: 'plan.value',
    message: `${formatPath(place.path)}: ${explain(schema, scalarText(node), parsed.error)}`,
  })
  return absent
}

/** Only schemas that want a number or a truth value get what YAML made of the text. */
function leafValue(schema: z.ZodType, node: Scalar): unknown {
  const typed =
    schema instanceof z.ZodNumber ||
    schema instanceof z.ZodBoolean ||
    (schema instanceof z.ZodLiteral && typeof schema.value !== 'string')
  return typed ? node.value : scalarText(node)
}

function explain(schema: z.ZodType, found: string, error: z.ZodError): string {
  if (schema instanceof z.ZodEnum)
    return `"${found}" is not known${suggest(found, schema.options.map(String))}`
  if (schema instanceof z.ZodLiteral)
    return `"${found}" is not known; write ${String(schema.value)}`
  if (schema instanceof z.ZodNumber)
    return `"${found}" is no number of the kind that is expected (${wantedNumber(schema)})`
  if (schema instanceof z.ZodBoolean) return `"${found}" is neither true nor false`
  return error.issues[0]?.message ?? 'is not understood'
}

function wantedNumber(schema: z.ZodNumber): string {
  return schema.safeParse(1.5).success ? 'above 0' : 'whole, above 0'
}

function wrongShape(node: unknown, { path }: Place, on: Walk, expected: string): Read {
  const name = path.length === 0 ? 'the file' : formatPath(path)
  report(on, startOf(node), { code: 'plan.shape', message: `${name}: expected ${expected}` })
  return absent
}

function describe(schema: z.ZodType): string {
  return schema.meta()?.description ?? 'one value'
}

function gather(entries: readonly (readonly [string, Read])[]): Read {
  const present = (pick: (read: Read) => unknown) =>
    Object.fromEntries(
      entries
        .map(([key, read]) => [key, pick(read)] as const)
        .filter(([, value]) => value !== undefined),
    )
  return { raw: present(({ raw }) => raw), draft: present(({ draft }) => draft) }
}

function prefix(path: string): string {
  return path === '' ? '' : `${path}: `
}

function report({ source, problems }: Walk, offset: number, finding: Finding): void {
  problems.push(source.problemAt(offset, finding))
}
