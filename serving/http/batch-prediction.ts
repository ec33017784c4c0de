/** Many predictions of one request: each answered or refused by itself. */
import type { FastifyRequest } from 'fastify'
import { CandlewireError, ERROR_TABLE, messageOf } from '../../streams/errors.ts'
import { statusOf } from './error-answers.ts'
import type { PredictBody } from './predict-request.ts'
import type { Predictor } from './predictor.ts'
import { fields } from './schemas.ts'

export const BATCH_MAX = 256
/** Items worked on at a time: a batch takes no more of the server than some single requests do. */
const AT_ONCE = 16

const { integer } = fields

export interface BatchItem {
  readonly index: number
  readonly status: number
  readonly prediction: object | null
  readonly error: {
    readonly code: string
    readonly message: string
    readonly remedy: string
  } | null
}

/** In the order of the items. @param check says what is wrong with an item; undefined: nothing. */
export async function predictBatch(
  predictor: Predictor,
  items: readonly unknown[],
  check: (item: unknown, index: number) => string | undefined,
  log: FastifyRequest['log'],
): Promise<BatchItem[]> {
  const answers: BatchItem[] = []
  let next = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++)
      answers[index] = await answerOne(predictor, items[index], index, check, log)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, work))
  return answers
}

async function answerOne(
  predictor: Predictor,
  item: unknown,
  index: number,
  check: (item: unknown, index: number) => string | undefined,
  log: FastifyRequest['log'],
): Promise<BatchItem> {
  try {
    const wrong = check(item, index)
    if (wrong !== undefined) throw new CandlewireError('REQUEST_INVALID', wrong)
    const prediction = await predictor.predict(item as PredictBody)
    return { index, status: 200, prediction, error: null }
  } catch (thrown) {
    const known = thrown instanceof CandlewireError
    if (!known) log.error({ err: thrown, index }, 'An item of a batch failed unexpectedly')
    const code = known ? thrown.code : 'INTERNAL'
    const message = known ? messageOf(thrown) : 'The item failed unexpectedly'
    const error = { code, message, remedy: ERROR_TABLE[code].remedy }
    return { index, status: statusOf(code), prediction: null, error }
  }
}

export const batchSchema = (predictionSchema: object) => ({
  type: 'object',
  description: 'Of a batch: an answer for each item, in their order.',
  required: ['failed', 'answers', 'latencyMs'],
  properties: {
    failed: integer('Items that have an error instead of a prediction.'),
    answers: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          index: integer('Place of the item in the batch, from 0.'),
          status: integer('What it would have been answered with by itself.'),
          prediction: { anyOf: [predictionSchema, { type: 'null' }] },
          error: {
            type: ['object', 'null'],
            properties: {
              code: { type: 'string' },
              message: { type: 'string' },
              remedy: { type: 'string' },
            },
          },
        },
      },
    },
    latencyMs: { type: 'number', description: 'Time in the server, ms.' },
  },
})
