import type { ASTNode, BinaryOperator } from '@marcbachmann/cel-js'
import type { Range, Truth } from '../gates/index.ts'

/** Where each metric's true figure may lie; absent: anywhere. */
export type Ranges = Readonly<Record<string, Range | undefined>>

/**
 * Whether a sentence about figures holds for all, for none, or for some of what they may be: three-valued
 * logic over intervals. Sound for every expression, rising or falling in a metric or neither: `true` and
 * `false` are never said wrongly. A metric that is named twice (`a > 2 || a <= 2`) may be `unsure` where a
 * cleverer reading would know.
 */
export function judgeExpression(node: ASTNode, ranges: Ranges): Truth {
  switch (node.op) {
    case '&&':
      return both(judgeExpression(node.args[0], ranges), judgeExpression(node.args[1], ranges))
    case '||':
      return not(
        both(
          not(judgeExpression(node.args[0], ranges)),
          not(judgeExpression(node.args[1], ranges)),
        ),
      )
    case '!_':
      return not(judgeExpression(node.args, ranges))
    case '?:': {
      const [condition, yes, no] = node.args
      const branches = { true: [yes], false: [no], unsure: [yes, no] }[
        judgeExpression(condition, ranges)
      ]
      const [first = 'unsure', ...rest] = branches.map((branch) => judgeExpression(branch, ranges))
      return rest.every((one) => one === first) ? first : 'unsure'
    }
    case 'value':
      return node.args === true ? 'true' : 'false'
    default: {
      const compare = comparisons[node.op]
      if (compare === undefined || !isBinary(node)) return 'unsure'
      return compare(rangeOf(node.args[0], ranges), rangeOf(node.args[1], ranges))
    }
  }
}

/**
 * The first part of a boolean expression that can't be judged over ranges; undefined when all of it can.
 * Written so that what is accepted here is exactly what `judgeExpression` knows.
 */
export function findUnjudgeable(node: ASTNode): ASTNode | undefined {
  switch (node.op) {
    case '&&':
    case '||':
    case '?:':
      return firstOf(node.args, findUnjudgeable)
    case '!_':
      return findUnjudgeable(node.args)
    case 'value':
      return typeof node.args === 'boolean' ? undefined : node
    default:
      return comparisons[node.op] !== undefined && isBinary(node)
        ? firstOf(node.args, findUncountable)
        : node
  }
}

function findUncountable(node: ASTNode): ASTNode | undefined {
  switch (node.op) {
    case 'id':
      return undefined
    case 'value':
      return typeof node.args === 'number' ? undefined : node
    case '-_':
      return findUncountable(node.args)
    default:
      return arithmetic[node.op] !== undefined && isBinary(node)
        ? firstOf(node.args, findUncountable)
        : node
  }
}

function firstOf(
  nodes: readonly ASTNode[],
  find: (node: ASTNode) => ASTNode | undefined,
): ASTNode | undefined {
  for (const node of nodes) {
    const found = find(node)
    if (found !== undefined) return found
  }
  return undefined
}

const anything: Range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]

function rangeOf(node: ASTNode, ranges: Ranges): Range {
  switch (node.op) {
    case 'id':
      return (Object.hasOwn(ranges, node.args) ? ranges[node.args] : undefined) ?? anything
    case 'value':
      return typeof node.args === 'number' ? [node.args, node.args] : anything
    case '-_': {
      const [low, high] = rangeOf(node.args, ranges)
      return [-high, -low]
    }
    default: {
      const compute = arithmetic[node.op]
      if (compute === undefined || !isBinary(node)) return anything
      return compute(rangeOf(node.args[0], ranges), rangeOf(node.args[1], ranges))
    }
  }
}

type Binary<Result> = Readonly<Partial<Record<ASTNode['op'], (a: Range, b: Range) => Result>>>

const comparisons: Binary<Truth> = {
  '<': (a, b) => order(a, b, a[1] < b[0], a[0] >= b[1]),
  '<=': (a, b) => order(a, b, a[1] <= b[0], a[0] > b[1]),
  '>': (a, b) => order(a, b, a[0] > b[1], a[1] <= b[0]),
  '>=': (a, b) => order(a, b, a[0] >= b[1], a[1] < b[0]),
  '==': same,
  '!=': (a, b) => not(same(a, b)),
}

const arithmetic: Binary<Range> = {
  '+': (a, b) => hull([a[0] + b[0], a[1] + b[1]]),
  '-': (a, b) => hull([a[0] - b[1], a[1] - b[0]]),
  '*': (a, b) => hull(corners(a, b, (x, y) => x * y)),
  '/': (a, b) => (b[0] <= 0 && b[1] >= 0 ? anything : hull(corners(a, b, (x, y) => x / y))),
}

function isBinary(node: ASTNode): node is Extract<ASTNode, { readonly op: BinaryOperator }> {
  return Object.hasOwn(comparisons, node.op) || Object.hasOwn(arithmetic, node.op)
}

function corners([a0, a1]: Range, [b0, b1]: Range, compute: (x: number, y: number) => number) {
  return [compute(a0, b0), compute(a0, b1), compute(a1, b0), compute(a1, b1)]
}

/** The range of all results; what is no number (0 · ∞) may be anything. */
function hull(results: readonly number[]): Range {
  return results.some(Number.isNaN) ? anything : [Math.min(...results), Math.max(...results)]
}

function order(a: Range, b: Range, always: boolean, never: boolean): Truth {
  if ([...a, ...b].some(Number.isNaN)) return 'unsure'
  if (always) return 'true'
  return never ? 'false' : 'unsure'
}

function same(a: Range, b: Range): Truth {
  const isOne = a[0] === a[1] && b[0] === b[1] && a[0] === b[0]
  return order(a, b, isOne, a[1] < b[0] || a[0] > b[1])
}

function both(a: Truth, b: Truth): Truth {
  if (a === 'false' || b === 'false') return 'false'
  return a === 'true' && b === 'true' ? 'true' : 'unsure'
}

function not(truth: Truth): Truth {
  return ({ true: 'false', false: 'true', unsure: 'unsure' } as const)[truth]
}
