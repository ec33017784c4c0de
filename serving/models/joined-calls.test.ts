import fc from 'fast-check'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { fakeModel } from '../../test/support/fake-model.ts'
import { MODEL, publishedModel } from '../../test/support/published-model.ts'
import { JoinedCalls, type Run } from './joined-calls.ts'
import { VerifyingLoader } from './model-loader.ts'
import { dependsOnRunSize } from './run-sizes.ts'
import { startThreadedModel } from './threaded-model.ts'

const ROWS_MAX = 8

/** A thread that answers every value doubled, or fails where a run has a negative one. */
function work(calls: JoinedCalls, sizes: number[] = []): void {
  for (let run: Run | undefined = calls.take(); run !== undefined; run = calls.take()) {
    sizes.push(run.rows)
    if (run.matrix.some((value) => value < 0)) calls.fail(run, new Error('negative'))
    else
      calls.answer(
        run,
        Float64Array.from(run.matrix, (value) => 2 * value),
      )
  }
}

function ask(calls: JoinedCalls, values: readonly number[]): Promise<number[] | string> {
  return new Promise((done) => {
    calls.add({
      matrix: Float32Array.from(values),
      rows: values.length,
      deadlineMs: 0,
      resolve: (output) => done([...output]),
      reject: (cause) => done(cause.message),
    })
  })
}

const joining = (): JoinedCalls => Object.assign(new JoinedCalls(ROWS_MAX), { joins: true })

describe('calls that share runs', () => {
  it('give each its own rows, in order, and one bad call fails alone', async () => {
    const call = fc.array(fc.integer({ min: -1, max: 50 }), { minLength: 1, maxLength: 10 })
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 30 }), fc.boolean(), async (all, joins) => {
        const calls = Object.assign(new JoinedCalls(ROWS_MAX), { joins })
        const answers = all.map((values) => ask(calls, values))
        work(calls)
        expect(calls.size).toBe(0)
        expect(await Promise.all(answers)).toEqual(
          all.map((values) =>
            values.some((value) => value < 0) ? 'negative' : values.map((value) => 2 * value),
          ),
        )
      }),
    )
  })

  it('fill runs up to the most rows, and one by one where they may not be joined', () => {
    const [sizes, single]: number[][] = [[], []]
    const calls = joining()
    for (const rows of [3, 3, 3, 8, 9, 1, 1]) void ask(calls, Array<number>(rows).fill(1))
    work(calls, sizes)
    expect(sizes).toEqual([6, 3, 8, 9, 2])
    const alone = new JoinedCalls(ROWS_MAX)
    for (const rows of [1, 1, 1]) void ask(alone, Array<number>(rows).fill(1))
    work(alone, single)
    expect(single).toEqual([1, 1, 1])
  })
})

describe('the size of a run', () => {
  it('is noticed where an answer depends on it', async () => {
    const { version, expected, artifact } = publishedModel(1)
    const honest = fakeModel({ version, expected, artifact })
    expect(await dependsOnRunSize(honest)).toBeUndefined()
    const vectorised = fakeModel({ version, expected, artifact }, async (matrix, rows) => {
      const answers = await honest.score(matrix, rows)
      // The remainder of registers of eight goes another way.
      return rows > 8
        ? answers.map((value, row) => (row >= 8 ? value + 2e-16 * value : value))
        : answers
    })
    expect(await dependsOnRunSize(vectorised)).toBe(9)
  })

  it('decides whether calls of a real model share runs; the answers are those of single calls', async () => {
    const { version, artifact, expected } = publishedModel(2, { modelName: MODEL })
    const loader = new VerifyingLoader(
      { fetch: () => Promise.resolve(artifact) },
      startThreadedModel,
      pino({ level: 'silent' }),
    )
    const model = await loader.load(version)
    try {
      const rows = Array.from({ length: 300 }, (_, n) => [n, n / 8, -n])
      const answers = await Promise.all(
        rows.map((row) => model.score(Float32Array.from(row), 1).then(([answer]) => answer)),
      )
      expect(answers).toEqual(rows.map(expected))
    } finally {
      await model.close()
    }
  })
})
