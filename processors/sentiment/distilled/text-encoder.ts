/**
 * A frozen language model as a source of features: the mean over the tokens of a text at several
 * layers of e5-small-v2 (Wang et al. 2022; 12 layers x 384, int8).
 *
 * The file has one output, the last layer. What earlier layers know (words, negation) is more useful
 * to a small head than what the last one was trained for (similarity of passages), so their results
 * are declared as outputs too (`exposeOutputs`); the weights stay as they came.
 *
 * One text is one run. The weights are int8, the activations are quantised at run time with one
 * scale per tensor, that is, per batch: in a batch a text's vector depends on its neighbours
 * (docs/adr, "One text a run"). One thread a session keeps the order of sums.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Tokenizer } from '@huggingface/tokenizers'
import ort from 'onnxruntime-node'
import { exposeOutputs } from './expose-outputs.ts'

export const ENCODER_FILES = { model: 'encoder.onnx', tokenizer: 'tokenizer.json' } as const
/** Width of a layer. */
export const LAYER_WIDTH = 384
const LAYERS = 12
/** The one output of the file. */
const LAST = 'last_hidden_state'
/** The encoder was trained on texts that begin with what they are for. */
const PREFIX = 'query: '
/** Positions the encoder was trained with, [CLS] and [SEP] included. */
const TOKENS_MAX = 512

/** The package's own types do not resolve under Node's module rules; this is what is used of them. */
const WordPieces = Tokenizer as unknown as new (
  tokenizer: object,
  config: object,
) => { encode(text: string): { readonly ids: readonly number[] } }

export interface TextEncoder {
  /** Numbers per text. */
  readonly width: number
  /** @param text well-formed; only its first 508 tokens are read */
  encode(text: string): Promise<Float64Array>
}

/**
 * @param folder with the files {@link ENCODER_FILES}
 * @param pools `mean4`, `mean12`, ...: the layers whose token means are laid side by side
 */
export async function openEncoder(folder: string, pools: readonly string[]): Promise<TextEncoder> {
  const tokenizer = new WordPieces(
    JSON.parse(await readFile(join(folder, ENCODER_FILES.tokenizer), 'utf8')) as object,
    {},
  )
  const outputs = pools.map(outputOf)
  const file = await readFile(join(folder, ENCODER_FILES.model))
  const model = exposeOutputs(
    file,
    outputs.filter((name) => name !== LAST),
  )
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
  })
  const width = pools.length * LAYER_WIDTH
  return {
    width,
    encode: async (text) => {
      const ids = firstTokens(tokenizer.encode(PREFIX + text).ids)
      const answers = await session.run(inputsOf(ids), outputs)
      const vector = new Float64Array(width)
      outputs.forEach((output, pool) => {
        const states = answers[output]?.data as Float32Array
        meanOfTokens(states, ids.length, vector.subarray(pool * LAYER_WIDTH))
      })
      return vector
    },
  }
}

/** Name of the tensor that leaves a layer. */
function outputOf(pool: string): string {
  const layer = Number(/^mean(\d+)$/.exec(pool)?.[1])
  if (!(layer >= 1 && layer <= LAYERS)) throw new Error(`There is no pool ${pool}`)
  return layer === LAYERS ? LAST : `/encoder/layer.${layer - 1}/output/LayerNorm/Add_1_output_0`
}

/** Cuts the end of a long text, not its [SEP]. */
function firstTokens(ids: readonly number[]): readonly number[] {
  return ids.length <= TOKENS_MAX ? ids : [...ids.slice(0, TOKENS_MAX - 1), ids.at(-1) ?? 0]
}

function inputsOf(ids: readonly number[]): Record<string, ort.Tensor> {
  const shape = [1, ids.length]
  return {
    input_ids: new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), shape),
    attention_mask: new ort.Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape),
    token_type_ids: new ort.Tensor('int64', new BigInt64Array(ids.length), shape),
  }
}

/** Mean of the states between [CLS] and [SEP] into the first numbers of `vector`. */
function meanOfTokens(states: Float32Array, tokens: number, vector: Float64Array): void {
  const words = tokens - 2
  for (let token = 1; token <= words; token += 1) {
    const at = token * LAYER_WIDTH
    for (let index = 0; index < LAYER_WIDTH; index += 1)
      vector[index] = (vector[index] ?? 0) + (states[at + index] ?? 0) / words
  }
}
