import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseLightgbmText,
  type MissingType,
  type Tree,
  type TreeNode,
} from '../lightgbm/model-text.ts'
import { adversarialRows } from '../export/adversarial-rows.ts'
import { onnxModel } from './onnx-model.ts'
import { OnnxScorer } from './onnx-scorer.ts'
import { treeGraph, ZERO_BAND } from './tree-graph.ts'

interface Golden {
  readonly source: string
  readonly text: string
  readonly rows: readonly (readonly (number | string | null)[])[]
  readonly predictions: readonly number[]
}

const WIDTH = 4

const golden = (name: string): Golden =>
  JSON.parse(
    readFileSync(new URL(`../lightgbm/golden/${name}.json`, import.meta.url), 'utf8'),
  ) as Golden

/** JSON has no NaN, infinities or -0: null and text stand for them. */
function cellOf(cell: number | string | null): number {
  if (cell === null) return NaN
  return typeof cell === 'number' ? cell : Number(cell.replace('inf', 'Infinity'))
}

async function score(trees: readonly Tree[], matrix: Float32Array): Promise<Float64Array> {
  const scorer = await OnnxScorer.load(onnxModel(treeGraph(trees, WIDTH)), WIDTH)
  try {
    return await scorer.score(matrix)
  } finally {
    await scorer.close()
  }
}

/** LightGBM's own way through a tree: `Tree::NumericalDecision` and the predictor's zero filter, 4.3. */
function predictLikeLightgbm(trees: readonly Tree[], row: Float32Array): number {
  let sum = 0
  for (const { nodes, leafValues } of trees) {
    let child = nodes.length === 0 ? -1 : 0
    while (child >= 0) child = nextChild(nodes[child]!, row[nodes[child]!.column]!)
    sum += leafValues[-child - 1]!
  }
  return sum
}

function nextChild(node: TreeNode, input: number): number {
  let value = Math.abs(input) > ZERO_BAND || Number.isNaN(input) ? input : 0
  if (Number.isNaN(value) && node.missing !== 'nan') value = 0
  const isMissing =
    node.missing === 'nan'
      ? Number.isNaN(value)
      : node.missing === 'zero' && Math.abs(value) <= ZERO_BAND
  const goesLeft = isMissing ? node.defaultLeft : value <= node.threshold
  return goesLeft ? node.left : node.right
}

const anyThreshold = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e30, max: 1e30 }),
  fc.float({
    noNaN: true,
    noDefaultInfinity: true,
    min: Math.fround(-1e30),
    max: Math.fround(1e30),
  }),
  fc.constantFrom(
    0,
    -0,
    ZERO_BAND,
    -ZERO_BAND,
    ZERO_BAND / 2,
    -ZERO_BAND / 2,
    1e-300,
    -1e-300,
    1,
    -1,
  ),
)

/** A tree grown by splitting a random leaf again and again, its missing types among `types`. */
const anyTree = (types: readonly MissingType[]): fc.Arbitrary<Tree> =>
  fc
    .record({
      splits: fc.array(
        fc.record({
          leaf: fc.nat(),
          column: fc.nat({ max: WIDTH - 1 }),
          threshold: anyThreshold,
          missing: fc.constantFrom(...types),
          defaultLeft: fc.boolean(),
        }),
        { maxLength: 12 },
      ),
      values: fc.array(fc.double({ noNaN: true, min: -10, max: 10 }), {
        minLength: 13,
        maxLength: 13,
      }),
    })
    .map(({ splits, values }) => {
      const nodes: TreeNode[] = []
      for (const [index, { leaf, ...split }] of splits.entries()) {
        const target = -(leaf % (index + 1)) - 1
        const parent = nodes.findIndex((node) => node.left === target || node.right === target)
        if (parent >= 0) {
          const { left, right, ...rest } = nodes[parent]!
          nodes[parent] = {
            ...rest,
            left: left === target ? index : left,
            right: right === target ? index : right,
          }
        }
        nodes.push({ ...split, left: target, right: -(index + 1) - 1 })
      }
      return { nodes, leafValues: Float64Array.from(values.slice(0, splits.length + 1)) }
    })

const anyValue = fc.oneof(
  fc.float(),
  fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 1e-45, -1e-45, ZERO_BAND, -ZERO_BAND),
)
const anyMatrix = fc
  .array(anyValue, { minLength: WIDTH * 8, maxLength: WIDTH * 8 })
  .map((cells) => Float32Array.from(cells))

describe('treeGraph', () => {
  // SOURCE: see `source` in each file. Every bit must agree.
  it.each(['nan', 'none', 'zero', 'lone-leaf'])(
    "answers like Python's LightGBM, missing type %s",
    async (name) => {
      const { text, rows, predictions } = golden(name)
      expect([
        ...(await score(parseLightgbmText(text), Float32Array.from(rows.flat().map(cellOf)))),
      ]).toEqual(predictions)
    },
  )

  it.each([
    ['none', 'nan'],
    ['none', 'zero'],
  ] as const)(
    'decides like LightGBM for any trees with missing types %s and %s',
    async (...types) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyTree(types), { minLength: 1, maxLength: 4 }),
          anyMatrix,
          async (trees, real) => {
            const thresholds = trees.flatMap((tree) =>
              tree.nodes.map(({ column, threshold }) => ({ column, value: threshold })),
            )
            const matrix = adversarialRows(real, WIDTH, thresholds).subarray(0, 400 * WIDTH)
            const answers = await score(trees, matrix)
            for (const [row, answer] of answers.entries()) {
              const expected = predictLikeLightgbm(
                trees,
                matrix.subarray(row * WIDTH, (row + 1) * WIDTH),
              )
              if (answer !== expected) expect.fail(`row ${row}: ${answer} instead of ${expected}`)
            }
          },
        ),
        { numRuns: 60 },
      )
    },
  )

  it('writes the same bytes for the same trees', () => {
    const trees = parseLightgbmText(golden('nan').text)
    expect(onnxModel(treeGraph(trees, WIDTH))).toEqual(onnxModel(treeGraph(trees, WIDTH)))
  })

  it('refuses models without trees and mixed missing types', () => {
    const [nan] = parseLightgbmText(golden('nan').text)
    const [zero] = parseLightgbmText(golden('zero').text)
    expect(() => treeGraph([], WIDTH)).toThrow(/without trees/)
    expect(() => treeGraph([nan!, zero!], WIDTH)).toThrow(/both NaN and zero/)
  })
})

describe('parseLightgbmText', () => {
  const { text } = golden('nan')

  it.each([
    ['categorical splits', text.replace('num_cat=0', 'num_cat=1')],
    ['linear trees', text.replace('is_linear=0', 'is_linear=1')],
    ['dart', text.replace('[boosting: gbdt]', '[boosting: dart]')],
    [
      'several trees per iteration',
      text.replace('num_tree_per_iteration=1', 'num_tree_per_iteration=3'),
    ],
    ['binary sigmoid:2', text.replace('objective=regression', 'objective=binary sigmoid:2')],
    ['regression sqrt', text.replace('objective=regression', 'objective=regression sqrt')],
    ['leaf_value has', text.replace(/leaf_value=\S+ /, 'leaf_value=')],
    ['decision type 1', text.replace(/decision_type=\d+/, 'decision_type=1')],
  ])('refuses %s', (why, changed) => {
    expect(changed).not.toBe(text)
    expect(() => parseLightgbmText(changed)).toThrow(why)
  })
})
