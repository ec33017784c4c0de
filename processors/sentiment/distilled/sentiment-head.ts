/**
 * The trained part of the distilled model: a perceptron from the encoder's features to three
 * probabilities, `softmax(relu(normalise(x) . W1 + b1) . W2 + b2)`. Several small networks that were
 * trained alike but for their seed are answered with the mean of their probabilities.
 *
 * A head is one file: a line of JSON (what it is, which encoder it belongs to), then the weights as
 * little-endian float32. Sums run in double precision and in one order, so an answer is reproducible.
 */
import { CandlewireError } from '../../../streams/errors.ts'
import { CLASSES, softmax } from '../class-probabilities.ts'

export interface HeadDescription {
  readonly format: 'candlewire-sentiment-head/1'
  /** What the encoder has to give, see `openEncoder`. */
  readonly pools: readonly string[]
  /** Hidden units of each network. */
  readonly hidden: number
  readonly networks: number
  /** Digests of the files the head was trained on; it means nothing with others. */
  readonly encoderSha256: string
  readonly tokenizerSha256: string
}

export interface SentimentHead {
  readonly description: HeadDescription
  /** Features are (x - mean) / scale. */
  readonly mean: Float32Array
  readonly scale: Float32Array
  readonly networks: readonly HeadNetwork[]
}

/** Row-major: `w1` is `[hidden, inputs]`, `w2` is `[3, hidden]`. */
export interface HeadNetwork {
  readonly w1: Float32Array
  readonly b1: Float32Array
  readonly w2: Float32Array
  readonly b2: Float32Array
}

/** @returns `[positive, negative, neutral]` */
export function applyHead(head: SentimentHead, features: Float64Array): Float64Array {
  const input = normalised(head, features)
  const mean = new Float64Array(CLASSES.length)
  for (const network of head.networks) {
    const probabilities = softmax(forward(network, input))
    for (let index = 0; index < mean.length; index += 1)
      mean[index] = (mean[index] ?? 0) + (probabilities[index] ?? 0) / head.networks.length
  }
  return mean
}

function normalised({ mean, scale }: SentimentHead, features: Float64Array): Float64Array {
  if (features.length !== mean.length)
    throw new RangeError(`The head takes ${mean.length} features, not ${features.length}`)
  return features.map((value, index) => (value - (mean[index] ?? 0)) / (scale[index] ?? 1))
}

function forward({ w1, b1, w2, b2 }: HeadNetwork, input: Float64Array): Float64Array {
  const hidden = Float64Array.from(b1, (bias, unit) => Math.max(0, bias + dot(w1, unit, input)))
  return Float64Array.from(b2, (bias, index) => bias + dot(w2, index, hidden))
}

function dot(matrix: Float32Array, row: number, vector: Float64Array): number {
  let sum = 0
  const from = row * vector.length
  for (let index = 0; index < vector.length; index += 1)
    sum += (matrix[from + index] ?? 0) * (vector[index] ?? 0)
  return sum
}

/** The parts of a head in the order in which they stand in its file. */
const partsOf = ({ mean, scale, networks }: SentimentHead): readonly Float32Array[] => [
  mean,
  scale,
  ...networks.flatMap(({ w1, b1, w2, b2 }) => [w1, b1, w2, b2]),
]

export function headFile(head: SentimentHead): Uint8Array {
  const weights = partsOf(head).map((part) => {
    const bytes = Buffer.alloc(part.length * 4)
    part.forEach((value, index) => bytes.writeFloatLE(value, index * 4))
    return bytes
  })
  return Buffer.concat([Buffer.from(`${JSON.stringify(head.description)}\n`), ...weights])
}

/** @throws CandlewireError SENTIMENT_MODEL_REFUSED if the file is cut or of another kind */
export function parseHead(file: Uint8Array, inputsPerPool: number): SentimentHead {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const end = bytes.indexOf('\n')
  const description = parseDescription(bytes.subarray(0, Math.max(0, end)).toString('utf8'))
  const inputs = description.pools.length * inputsPerPool
  const { hidden, networks } = description
  let at = end + 1
  const take = (length: number): Float32Array => {
    if (at + length * 4 > bytes.length) throw refused('it ends too early')
    const part = Float32Array.from({ length }, (_, index) => bytes.readFloatLE(at + index * 4))
    at += length * 4
    return part
  }
  const head = {
    description,
    mean: take(inputs),
    scale: take(inputs),
    networks: Array.from({ length: networks }, () => ({
      w1: take(hidden * inputs),
      b1: take(hidden),
      w2: take(CLASSES.length * hidden),
      b2: take(CLASSES.length),
    })),
  }
  if (at !== bytes.length) throw refused(`${bytes.length - at} bytes are left over`)
  return head
}

function parseDescription(line: string): HeadDescription {
  try {
    const description = JSON.parse(line) as HeadDescription
    if (description.format === 'candlewire-sentiment-head/1') return description
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
  }
  throw refused('it does not begin as one')
}

const refused = (why: string): CandlewireError =>
  new CandlewireError('SENTIMENT_MODEL_REFUSED', `This is no head of the distilled model: ${why}`)
