/**
 * A text classifier in the layout of FinBERT on the hub, small enough to make anew in every test:
 * the same file names and graph inputs, a word-piece tokenizer of a few words, and a graph that sums
 * one row of weights per token. What it must answer is plain arithmetic.
 *
 * SOURCE: message and field numbers of onnx.proto3; files of this writer were read and checked with
 * `onnx.checker.check_model` of the Python package onnx 1.23.2.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ProtobufWriter } from '../../training/onnx/protobuf-writer.ts'

const FLOAT = 1
const INT64 = 7

/** Logits that each word adds, in the order of the labels below. `[CLS]` adds the bias. */
export const WORD_LOGITS: Readonly<Record<string, readonly [number, number, number]>> = {
  '[PAD]': [100, 100, 100],
  '[UNK]': [0, 0, 0],
  '[CLS]': [0.5, 0, 0],
  '[SEP]': [0, 0, 0],
  stocks: [0.25, 0.125, 0],
  rise: [0, 3, -1],
  fall: [0, -1, 3],
  '##ing': [-0.5, 0.25, 0],
}
/** Not the order of ours: labels must be read, not counted. */
export const TINY_LABELS = { 0: 'Neutral', 1: 'Positive', 2: 'Negative' }

export interface TinyBertOptions {
  readonly id2label?: Readonly<Record<string, string>>
  /** Name of the ONNX file below `onnx/`. */
  readonly onnxName?: string
}

/** @returns the files by their path below the model's folder */
export function tinyBertFiles(options: TinyBertOptions = {}): Map<string, Buffer> {
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
  const id2label = options.id2label ?? TINY_LABELS
  const config = {
    architectures: ['BertForSequenceClassification'],
    model_type: 'bert',
    hidden_size: 3,
    num_attention_heads: 1,
    num_hidden_layers: 1,
    max_position_embeddings: 16,
    vocab_size: Object.keys(WORD_LOGITS).length,
    id2label,
  }
  return new Map([
    ['config.json', json(config)],
    ['tokenizer_config.json', json({ tokenizer_class: 'BertTokenizer', model_max_length: 16 })],
    ['tokenizer.json', json(tokenizer())],
    [`onnx/${options.onnxName ?? 'model_quantized.onnx'}`, Buffer.from(graphFile())],
  ])
}

export function writeTinyBert(folder: string, options: TinyBertOptions = {}): void {
  for (const [path, content] of tinyBertFiles(options)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

function tokenizer(): object {
  const vocab = Object.fromEntries(Object.keys(WORD_LOGITS).map((word, id) => [word, id]))
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]']
  const token = (id: string): object => ({ SpecialToken: { id, type_id: 0 } })
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [token('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, token('[SEP]')],
      pair: [],
      special_tokens: Object.fromEntries(
        ['[CLS]', '[SEP]'].map((id) => [id, { id, ids: [vocab[id]], tokens: [id] }]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  }
}

/** logits = sum over tokens of (words[input_ids] + types[token_type_ids]) x attention_mask. */
function graphFile(): Uint8Array {
  const rows = Object.values(WORD_LOGITS)
  const graph = new ProtobufWriter()
    .message(1, node('Gather', ['words', 'input_ids'], 'word'))
    .message(1, node('Gather', ['types', 'token_type_ids'], 'type'))
    .message(1, node('Add', ['word', 'type'], 'state'))
    .message(1, node('Cast', ['attention_mask'], 'mask', { to: FLOAT }))
    .message(1, node('Unsqueeze', ['mask', 'last'], 'column'))
    .message(1, node('Mul', ['state', 'column'], 'seen'))
    .message(1, node('ReduceSum', ['seen', 'tokens'], 'logits', { keepdims: 0 }))
    .text(2, 'tiny-bert')
    .message(5, floats('words', [rows.length, 3], rows.flat()))
    .message(5, floats('types', [2, 3], [0, 0, 0, 50, 50, 50]))
    .message(5, integers('last', [2]))
    .message(5, integers('tokens', [1]))
  for (const name of ['input_ids', 'attention_mask', 'token_type_ids'])
    graph.message(11, valueInfo(name, INT64, ['batch_size', 'sequence_length']))
  graph.message(12, valueInfo('logits', FLOAT, ['batch_size', 3]))
  return new ProtobufWriter()
    .integer(1, 8)
    .message(7, graph)
    .message(8, new ProtobufWriter().text(1, '').integer(2, 17))
    .finish()
}

function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number>> = {},
): ProtobufWriter {
  const message = new ProtobufWriter()
  for (const input of inputs) message.text(1, input)
  message.text(2, output).text(4, operator)
  for (const [name, value] of Object.entries(attributes))
    message.message(5, new ProtobufWriter().text(1, name).integer(3, value).integer(20, 2))
  return message
}

const floats = (name: string, shape: readonly number[], values: readonly number[]) =>
  tensor(name, FLOAT, shape, Buffer.from(Float32Array.from(values).buffer))
const integers = (name: string, values: readonly number[]) =>
  tensor(name, INT64, [values.length], Buffer.from(BigInt64Array.from(values, BigInt).buffer))
const tensor = (name: string, type: number, shape: readonly number[], bytes: Buffer) =>
  new ProtobufWriter().integers(1, shape).integer(2, type).text(8, name).bytes(9, bytes)

function valueInfo(
  name: string,
  type: number,
  dimensions: readonly (string | number)[],
): ProtobufWriter {
  const shape = new ProtobufWriter()
  for (const dimension of dimensions)
    shape.message(
      1,
      typeof dimension === 'number'
        ? new ProtobufWriter().integer(1, dimension)
        : new ProtobufWriter().text(2, dimension),
    )
  const tensorType = new ProtobufWriter().integer(1, type).message(2, shape)
  return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensorType))
}
