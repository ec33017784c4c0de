/**
 * Reads the text that LightGBM saves a model as: the one description of its trees with every
 * threshold and leaf value in full double precision (17 digits).
 *
 * Source: `Tree::ToString` in src/io/tree.cpp and `GBDT::SaveModelToString` in
 * src/boosting/gbdt_model_text.cpp of LightGBM 4.3. What an exact export does not cover is refused.
 */
import { CandlewireError } from '../../streams/errors.ts'

/** What a missing value is at a node: nothing special, zero as well as NaN, or NaN. */
export type MissingType = 'none' | 'zero' | 'nan'

export interface TreeNode {
  readonly column: number
  readonly threshold: number
  readonly missing: MissingType
  /** Where a missing value goes. */
  readonly defaultLeft: boolean
  /** An inner node if not negative, else leaf `-child - 1`. */
  readonly left: number
  readonly right: number
}

/** A tree without nodes is its only leaf. Node 0 is the root. */
export interface Tree {
  readonly nodes: readonly TreeNode[]
  readonly leafValues: Float64Array
}

const CATEGORICAL_BIT = 1
const DEFAULT_LEFT_BIT = 2
const MISSING_TYPES: readonly MissingType[] = ['none', 'zero', 'nan']

/** Objectives whose sum of leaves is the prediction, or the logit of the probability. */
const OBJECTIVES: ReadonlySet<string> = new Set(['regression', 'binary sigmoid:1'])

/** @throws CandlewireError EXPORT_NOT_EXACT for a model of another kind than numerical trees of these objectives */
export function parseLightgbmText(text: string): readonly Tree[] {
  const [header = '', ...rest] = text.split(/\n(?=Tree=\d+\n)/)
  const head = fieldsOf(header)
  if (head.get('num_tree_per_iteration') !== '1') refuse('it has several trees per iteration')
  if (!OBJECTIVES.has(head.get('objective') ?? ''))
    refuse(`its objective is ${head.get('objective') ?? 'unknown'}`)
  if (/^\s*average_output\s*$/m.test(header)) refuse('its trees are averaged (random forest)')
  if (/^\[boosting: dart\]$/m.test(text)) refuse('it is a dart model')
  return rest.map((section) => parseTree(fieldsOf(section.split('\nend of trees')[0] ?? '')))
}

function parseTree(fields: ReadonlyMap<string, string>): Tree {
  if (fields.get('num_cat') !== '0') refuse('it has categorical splits')
  if ((fields.get('is_linear') ?? '0') !== '0') refuse('it has linear trees')
  const leaves = Number(fields.get('num_leaves'))
  const leafValues = numbers(fields, 'leaf_value', leaves)
  const inner = leaves - 1
  if (inner === 0) return { nodes: [], leafValues }
  const columns = numbers(fields, 'split_feature', inner)
  const thresholds = numbers(fields, 'threshold', inner)
  const decisions = numbers(fields, 'decision_type', inner)
  const lefts = numbers(fields, 'left_child', inner)
  const rights = numbers(fields, 'right_child', inner)
  const nodes = Array.from({ length: inner }, (_, index): TreeNode => {
    const decision = decisions[index]!
    const missing = MISSING_TYPES[decision >> 2]
    if ((decision & CATEGORICAL_BIT) !== 0 || missing === undefined)
      refuse(`decision type ${decision} is unknown`)
    return {
      column: columns[index]!,
      threshold: thresholds[index]!,
      missing,
      defaultLeft: (decision & DEFAULT_LEFT_BIT) !== 0,
      left: lefts[index]!,
      right: rights[index]!,
    }
  })
  return { nodes, leafValues }
}

function fieldsOf(section: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of section.split('\n')) {
    const equals = line.indexOf('=')
    if (equals > 0) fields.set(line.slice(0, equals), line.slice(equals + 1))
  }
  return fields
}

function numbers(fields: ReadonlyMap<string, string>, name: string, count: number): Float64Array {
  const values = Float64Array.from((fields.get(name) ?? '').split(' '), parseNumber)
  if (values.length !== count) refuse(`${name} has ${values.length} values instead of ${count}`)
  return values
}

function parseNumber(text: string): number {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  const value = Number(text)
  if (text === '' || Number.isNaN(value)) refuse(`${JSON.stringify(text)} is not a number`)
  return value
}

function refuse(why: string): never {
  throw new CandlewireError('EXPORT_NOT_EXACT', `This LightGBM model cannot be exported: ${why}`)
}
