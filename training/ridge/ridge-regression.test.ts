import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gramSums } from './gram-matrix.ts'
import { fitRidge, PENALTY_GRID, predictRidge, solve } from './ridge-regression.ts'
import { centred, fitStandardisation } from './standardisation.ts'

const ROWS = 400
const WIDTH = 5

/** One column with gaps, one that is never there, one outlier: what the matrix below has to stand. */
function goldenMatrix(): Float32Array {
  const factors = [1, 100, 0.001, 1, 1]
  const matrix = new Float32Array(ROWS * WIDTH)
  for (let i = 0; i < ROWS; i += 1) {
    for (const [j, factor] of factors.entries()) {
      const value = Math.fround((((i * (37 + 6 * j) + 11 * j) % 101) - 50) / 10) * factor
      matrix[i * WIDTH + j] = j === 4 || (j === 3 && i % 7 === 0) ? NaN : value
    }
  }
  matrix[13 * WIDTH] = 1e6
  return matrix
}

const matrix = goldenMatrix()
const labels = Float64Array.from({ length: ROWS }, (_, i) => {
  const third = matrix[i * WIDTH + 3]!
  return (
    (((i * 53) % 97) - 48) / 100 +
    0.02 * (Number.isNaN(third) ? 0 : third) -
    0.0005 * matrix[i * WIDTH + 1]!
  )
})

// SOURCE: scikit-learn 1.9.1, numpy 2.4.6. X as above in float32, missing -> np.nanmean, np.clip at
//   mean +- 5 * np.nanstd, standardised; Ridge(alpha=penalty*400, solver='cholesky').fit(Z, y);
//   weights = coef_ / std, predictions of rows 0, 13, 14, 399. Tolerance 1e-9 relative.
const GOLDEN = [
  {
    penalty: 1e-4,
    weights: [
      -1.4619222360747167e-6, -0.000467605720290972, 0.9234024316815105, 0.03628992938840993, 0,
    ],
    intercept: -0.004688110090938779,
    predictions: [
      0.17852180684281985, -0.4722994137634374, 0.19528500417343092, -0.22761797824546467,
    ],
  },
  {
    penalty: 1,
    weights: [
      -9.951227803915733e-8, -0.00023698422306366984, -4.793174664683438, 0.017026283644961962, 0,
    ],
    intercept: -0.002141041394241541,
    predictions: [
      0.10382968559215917, -0.07934086523521795, 0.12337459993386204, -0.13251701257636347,
    ],
  },
  {
    penalty: 1e6,
    weights: [
      -1.1909843148827118e-13, -4.998429596887881e-10, -1.9575834261525217e-5, 3.508654401735108e-8,
      0,
    ],
    intercept: -0.001955000251864578,
    predictions: [
      -0.0019547504719339337, -0.0019551425216644217, -0.001954689369100079, -0.0019553038737782002,
    ],
  },
]

describe('ridge regression', () => {
  it.each(GOLDEN)(
    'agrees with scikit-learn at penalty $penalty',
    ({ penalty, weights, intercept, predictions }) => {
      const standardisation = fitStandardisation([matrix], WIDTH)
      const model = solve(
        gramSums({ parts: [matrix], labels }, standardisation),
        standardisation,
        penalty,
      )
      if (model === undefined) throw new Error('not positive definite')
      const answers = predictRidge(model, matrix)
      const pairs = [
        ...weights.map((weight, column) => [model.weights[column], weight]),
        [model.intercept, intercept],
        ...[0, 13, 14, 399].map((row, index) => [answers[row], predictions[index]]),
      ]
      for (const [computed, expected] of pairs as [number, number][]) {
        expect(Math.abs(computed - expected)).toBeLessThanOrEqual(1e-9 * Math.abs(expected))
      }
    },
  )

  it('chooses the mean label where the columns say nothing', () => {
    const noise = labels.map((_, i) => ((i * 7919) % 101) / 100)
    const opposite = noise.map((value) => 1 - value)
    const parts = [matrix]
    const model = fitRidge({ parts, labels: noise }, { parts, labels: opposite }, WIDTH)
    expect(model.penalty).toBe(PENALTY_GRID.at(-1))
    expect(Math.max(...model.weights.map(Math.abs))).toBeLessThan(1e-3)
  })

  it('solves columns whose sums round differently in another order', () => {
    const wide = Float32Array.from(
      { length: 300 * 12 },
      (_, i) => Math.sin(i * i) * 1000 + (i % 12),
    )
    const rows = {
      parts: [wide],
      labels: Float64Array.from({ length: 300 }, (_, i) => Math.cos(i)),
    }
    expect(fitRidge(rows, rows, 12).weights.every(Number.isFinite)).toBe(true)
  })

  it('predicts finitely whatever the inputs are', () => {
    const model = fitRidge({ parts: [matrix], labels }, { parts: [matrix], labels }, WIDTH)
    const odd = fc.constantFrom(NaN, Infinity, -Infinity, 3.4e38, -3.4e38, 1e-45, -0)
    fc.assert(
      fc.property(
        fc.array(fc.oneof(odd, fc.float()), { minLength: WIDTH, maxLength: WIDTH }),
        (row) => {
          expect(Number.isFinite(predictRidge(model, Float32Array.from(row))[0])).toBe(true)
        },
      ),
    )
  })
})

describe('gramSums', () => {
  it('equals the naive sums, whatever the number of rows is', () => {
    const standardisation = fitStandardisation([matrix], WIDTH)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: ROWS }), (rows) => {
        // In two parts: where they are cut must not matter.
        const cut = Math.floor(rows / 3) * WIDTH
        const parts = [matrix.subarray(0, cut), matrix.subarray(cut, rows * WIDTH)]
        const sums = gramSums({ parts, labels: labels.subarray(0, rows) }, standardisation)
        const z = (row: number, column: number) =>
          centred(standardisation, column, matrix[row * WIDTH + column]!) *
          standardisation.scale[column]!
        const naive = (value: (row: number) => number) =>
          Array.from({ length: rows }, (_, row) => value(row)).reduce((a, b) => a + b, 0)
        for (let i = 0; i < WIDTH; i += 1) {
          expect(sums.sums[i]).toBeCloseTo(
            naive((row) => z(row, i)),
            9,
          )
          expect(sums.labelProducts[i]).toBeCloseTo(
            naive((row) => z(row, i) * labels[row]!),
            9,
          )
          for (let j = 0; j < WIDTH; j += 1) {
            expect(sums.products[i * WIDTH + j]).toBeCloseTo(
              naive((row) => z(row, i) * z(row, j)),
              8,
            )
          }
        }
      }),
      { numRuns: 20 },
    )
  })
})
