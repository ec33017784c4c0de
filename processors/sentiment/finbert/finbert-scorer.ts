/**
 * FinBERT (Araci 2019, ProsusAI/finbert) as a function of a text: its own tokenizer and its ONNX file
 * through transformers.js, from a local folder in the hub's layout. Nothing is fetched here.
 *
 * Texts beyond 512 tokens lose their end. Logits become probabilities in double precision.
 */
import {
  AutoModelForSequenceClassification,
  AutoTokenizer,
  env,
  type PreTrainedModel,
  type PreTrainedTokenizer,
  type Tensor,
} from '@huggingface/transformers'
import { CLASSES, softmax } from '../class-probabilities.ts'
import type { TextFunction } from '../threads/thread-messages.ts'
import { classPositions } from './class-positions.ts'

/** Positions BERT was trained with; a smaller model says so in its configuration. */
const TOKENS_MAX = 512

export type Precision = 'int8' | 'fp32'

/** @param folder absolute. @returns `[positive, negative, neutral]` of a text */
export async function loadFinbert(folder: string, precision: Precision): Promise<TextFunction> {
  env.allowRemoteModels = false
  const tokenizer: PreTrainedTokenizer = await AutoTokenizer.from_pretrained(folder)
  const model: PreTrainedModel = await AutoModelForSequenceClassification.from_pretrained(folder, {
    dtype: precision === 'int8' ? 'q8' : 'fp32',
    device: 'cpu',
    session_options: { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' },
  })
  const { id2label, max_position_embeddings } = model.config as unknown as {
    readonly id2label?: Readonly<Record<string, string>>
    readonly max_position_embeddings?: number
  }
  const positions = classPositions(id2label)
  const options = {
    truncation: true,
    max_length: Math.min(TOKENS_MAX, max_position_embeddings ?? TOKENS_MAX),
  }
  return async (text) => {
    const { logits } = (await model(tokenizer(text, options))) as { logits: Tensor }
    const values = logits.data as Float32Array
    if (values.length !== CLASSES.length)
      throw new Error(`The model gives ${values.length} numbers, not ${CLASSES.length}`)
    return softmax(Float64Array.from(positions, (position) => values[position] ?? NaN))
  }
}
