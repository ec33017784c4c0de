/**
 * A model of exactly FinBERT's shape with random weights: BERT-base (12 layers x 768, 12 heads), three
 * classes, quantised as its int8 file on the hub is (weights int8 per channel, activations uint8 per
 * tensor at run time). It computes nothing sensible and takes as long as the real one.
 *
 * SOURCE: the nodes are those of onnxruntime's dynamic quantisation, as in the encoder of the
 * distilled model; field numbers of onnx.proto3; checked with `onnx.checker.check_model` of the
 * Python package onnx 1.23.2.
 */
import { closeSync, copyFileSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from '../../streams/sources/simulation/random.ts'
import { valueInfo } from '../../training/onnx/onnx-model.ts'
import { ProtobufWriter } from '../../training/onnx/protobuf-writer.ts'

const [WIDTH, HEADS, LAYERS, INNER, WORDS, POSITIONS, CLASSES] = [768, 12, 12, 3072, 30_522, 512, 3]
const [FLOAT, UINT8, INT8, INT64] = [1, 2, 3, 7]

/** @param tokenizerFile a `tokenizer.json` with BERT's 30,522 uncased words */
export function writeFinbertSizedModel(folder: string, tokenizerFile: string): void {
  mkdirSync(join(folder, 'onnx'), { recursive: true })
  copyFileSync(tokenizerFile, join(folder, 'tokenizer.json'))
  const json = (name: string, value: object): void =>
    writeFileSync(join(folder, name), JSON.stringify(value))
  json('tokenizer_config.json', { tokenizer_class: 'BertTokenizer', model_max_length: POSITIONS })
  json('config.json', {
    architectures: ['BertForSequenceClassification'],
    model_type: 'bert',
    hidden_size: WIDTH,
    intermediate_size: INNER,
    num_attention_heads: HEADS,
    num_hidden_layers: LAYERS,
    max_position_embeddings: POSITIONS,
    vocab_size: WORDS,
    id2label: { 0: 'positive', 1: 'negative', 2: 'neutral' },
  })
  const file = openSync(join(folder, 'onnx', 'model_quantized.onnx'), 'w')
  writeSync(file, new BertGraph().finish())
  closeSync(file)
}

class BertGraph {
  private readonly graph = new ProtobufWriter()
  private readonly random = new Random(1, 'finbert-sized')

  finish(): Uint8Array {
    this.constants()
    let state = this.embeddings()
    for (let layer = 0; layer < LAYERS; layer += 1) state = this.layer(state, `l${layer}`)
    this.classifier(state)
    for (const name of ['input_ids', 'attention_mask', 'token_type_ids'])
      this.graph.message(11, valueInfo(name, INT64, ['batch', 'tokens']))
    this.graph.text(2, 'finbert-sized').message(12, valueInfo('logits', FLOAT, ['batch', CLASSES]))
    return new ProtobufWriter()
      .integer(1, 8)
      .message(7, this.graph)
      .message(8, new ProtobufWriter().text(1, '').integer(2, 17))
      .finish()
  }

  private constants(): void {
    this.integers('heads_shape', [0, 0, HEADS, WIDTH / HEADS])
    this.integers('state_shape', [0, 0, WIDTH])
    this.integers('mask_axes', [1, 2])
    this.integers('length_axis', [0])
    this.integers('zero', [0])
    this.integers('one', [1])
    this.integers('first', [0], [])
    const scalars = { root: Math.sqrt(WIDTH / HEADS), root2: Math.SQRT2, half: 0.5, unit: 1 }
    for (const [name, value] of Object.entries(scalars)) this.floats(name, [value], [])
    this.floats('far', [-3.4e38], [])
  }

  private embeddings(): string {
    const words = this.embedding('words', WORDS, 'input_ids')
    const types = this.embedding('types', 2, 'token_type_ids')
    this.node('Shape', ['input_ids'], 'shape')
    this.node('Gather', ['shape', 'one'], 'length')
    this.integers(
      'all_positions',
      Array.from({ length: POSITIONS }, (_, index) => index),
    )
    this.node('Slice', ['all_positions', 'zero', 'length', 'length_axis'], 'positions')
    const places = this.embedding('places', POSITIONS, 'positions')
    this.node('Add', [words, types], 'typed')
    this.node('Add', ['typed', places], 'placed')
    this.node('Unsqueeze', ['attention_mask', 'mask_axes'], 'mask4')
    this.node('Cast', ['mask4'], 'maskf', { to: FLOAT })
    this.node('Sub', ['unit', 'maskf'], 'unmasked')
    this.node('Mul', ['unmasked', 'far'], 'bias_of_mask')
    return this.norm('placed', 'embedded')
  }

  private embedding(name: string, rows: number, ids: string): string {
    this.bytes(`${name}_q`, UINT8, [rows, WIDTH])
    this.floats(`${name}_scale`, [0.001], [])
    this.tensor(`${name}_zero`, UINT8, [], Uint8Array.of(128))
    this.node('Gather', [`${name}_q`, ids], `${name}_g`)
    this.node('DequantizeLinear', [`${name}_g`, `${name}_scale`, `${name}_zero`], `${name}_d`)
    return `${name}_d`
  }

  private layer(input: string, at: string): string {
    const quantised = this.quantise(input, at)
    const heads = ['q', 'k', 'v'].map((part) => {
      const name = `${at}_${part}`
      this.linear(quantised, name, WIDTH, WIDTH)
      this.node('Reshape', [name, 'heads_shape'], `${name}_r`)
      const axes = part === 'k' ? [0, 2, 3, 1] : [0, 2, 1, 3]
      this.node('Transpose', [`${name}_r`], `${name}_t`, { perm: axes })
      return `${name}_t`
    })
    this.node('MatMul', heads.slice(0, 2), `${at}_s`)
    this.node('Div', [`${at}_s`, 'root'], `${at}_sd`)
    this.node('Add', [`${at}_sd`, 'bias_of_mask'], `${at}_sm`)
    this.node('Softmax', [`${at}_sm`], `${at}_p`, { axis: 3 })
    this.node('MatMul', [`${at}_p`, heads[2] ?? ''], `${at}_c`)
    this.node('Transpose', [`${at}_c`], `${at}_ct`, { perm: [0, 2, 1, 3] })
    this.node('Reshape', [`${at}_ct`, 'state_shape'], `${at}_cr`)
    this.linear(this.quantise(`${at}_cr`, `${at}_cr`), `${at}_o`, WIDTH, WIDTH)
    this.node('Add', [`${at}_o`, input], `${at}_or`)
    const attended = this.norm(`${at}_or`, `${at}_a`)
    this.linear(this.quantise(attended, attended), `${at}_i`, WIDTH, INNER)
    const inner = this.gelu(`${at}_i`)
    this.linear(this.quantise(inner, inner), `${at}_f`, INNER, WIDTH)
    this.node('Add', [`${at}_f`, attended], `${at}_fr`)
    return this.norm(`${at}_fr`, `${at}_out`)
  }

  private classifier(state: string): void {
    this.node('Gather', [state, 'first'], 'cls', { axis: 1 })
    this.linear(this.quantise('cls', 'cls'), 'pooled', WIDTH, WIDTH)
    this.node('Tanh', ['pooled'], 'pooler')
    this.linear(this.quantise('pooler', 'pooler'), 'logits', WIDTH, CLASSES)
  }

  private quantise(input: string, at: string): string {
    this.node('DynamicQuantizeLinear', [input], [`${at}_u`, `${at}_us`, `${at}_uz`])
    return `${at}_u`
  }

  /** `quantised` is what {@link quantise} gave. */
  private linear(quantised: string, output: string, inputs: number, outputs: number): void {
    this.bytes(`${output}_w`, INT8, [inputs, outputs])
    this.floats(`${output}_ws`, new Array<number>(outputs).fill(0.0003), [outputs])
    this.tensor(`${output}_wz`, INT8, [outputs], new Uint8Array(outputs))
    this.floats(`${output}_b`, new Array<number>(outputs).fill(0.01), [outputs])
    const weights = [`${output}_w`, `${quantised}z`, `${output}_wz`]
    this.node('MatMulInteger', [quantised, ...weights], `${output}_n`)
    this.node('Cast', [`${output}_n`], `${output}_nf`, { to: FLOAT })
    this.node('Mul', [`${quantised}s`, `${output}_ws`], `${output}_scale`)
    this.node('Mul', [`${output}_nf`, `${output}_scale`], `${output}_x`)
    this.node('Add', [`${output}_x`, `${output}_b`], output)
  }

  private gelu(input: string): string {
    this.node('Div', [input, 'root2'], `${input}_d`)
    this.node('Erf', [`${input}_d`], `${input}_e`)
    this.node('Add', [`${input}_e`, 'unit'], `${input}_1`)
    this.node('Mul', [input, `${input}_1`], `${input}_m`)
    this.node('Mul', [`${input}_m`, 'half'], `${input}_g`)
    return `${input}_g`
  }

  private norm(input: string, output: string): string {
    this.floats(`${output}_w`, new Array<number>(WIDTH).fill(1), [WIDTH])
    this.floats(`${output}_b`, new Array<number>(WIDTH).fill(0), [WIDTH])
    this.node('LayerNormalization', [input, `${output}_w`, `${output}_b`], output)
    return output
  }

  private node(
    operator: string,
    inputs: readonly string[],
    outputs: string | readonly string[],
    attributes: Readonly<Record<string, number | readonly number[]>> = {},
  ): void {
    const message = new ProtobufWriter()
    for (const input of inputs) message.text(1, input)
    for (const output of [outputs].flat()) message.text(2, output)
    message.text(4, operator)
    for (const [name, value] of Object.entries(attributes)) {
      const attribute = new ProtobufWriter().text(1, name)
      if (typeof value === 'number') attribute.integer(3, value).integer(20, 2)
      else attribute.integers(8, value).integer(20, 7)
      message.message(5, attribute)
    }
    this.graph.message(1, message)
  }

  /** Random bytes in the shape of weights. */
  private bytes(name: string, type: number, shape: readonly number[]): void {
    const content = new Uint8Array(shape.reduce((product, size) => product * size, 1))
    const words = new Uint32Array(content.buffer, 0, content.length >> 2)
    for (let index = 0; index < words.length; index += 1) words[index] = this.random.bits()
    this.tensor(name, type, shape, content)
  }

  private floats(name: string, values: readonly number[], shape: readonly number[]): void {
    this.tensor(name, FLOAT, shape, new Uint8Array(Float32Array.from(values).buffer))
  }

  private integers(name: string, values: readonly number[], shape = [values.length]): void {
    this.tensor(name, INT64, shape, new Uint8Array(BigInt64Array.from(values, BigInt).buffer))
  }

  private tensor(name: string, type: number, shape: readonly number[], content: Uint8Array): void {
    const message = new ProtobufWriter().integers(1, shape).integer(2, type).text(8, name)
    this.graph.message(5, message.bytes(9, content))
  }
}
