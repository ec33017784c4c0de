/**
 * The C API of XGBoost (include/xgboost/c_api.h, version 2.1), as far as training needs it. Matrices are
 * given as array interfaces (a JSON text with the address), so nothing is copied on the way in.
 */
import koffi from 'koffi'
import { addressOf, loadNativeLibrary, type NativeCalls } from '../native/native-library.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { TrainingRows } from '../models/training-rows.ts'

/** Opaque pointers of the library. */
export type MatrixHandle = { readonly matrix: unknown }
export type BoosterHandle = { readonly booster: unknown }

export type XgboostParameters = Readonly<Record<string, string | number>>

/** A prediction per row, one leaf (a node number) per tree, or one figure per column and the bias. */
const ANSWERS = { value: 0, margin: 1, contributions: 2, leaves: 6 } as const

// JSON has no NaN; XGBoost's own reader does.
const MISSING = '"missing":NaN'
/** Histogram bins per column, as in LightGBM. */
const MAX_BINS = 256

// Names of types are known to the whole process: a second copy of this module must not give them again.
if (!isKnownType('CandlewireXgboostReset')) {
  koffi.proto('void CandlewireXgboostReset(void *state)')
  koffi.proto('int CandlewireXgboostNext(void *state)')
}

function isKnownType(name: string): boolean {
  try {
    koffi.type(name)
    return true
  } catch {
    return false
  }
}

const PROTOTYPES = {
  proxyCreate: 'int XGProxyDMatrixCreate(_Out_ void **out)',
  proxySetDense: 'int XGProxyDMatrixSetDataDense(void *proxy, const char *values)',
  quantileCreate:
    'int XGQuantileDMatrixCreateFromCallback(void *state, void *proxy, void *reference, CandlewireXgboostReset *reset, CandlewireXgboostNext *next, const char *config, _Out_ void **out)',
  denseCreate:
    'int XGDMatrixCreateFromDense(const char *values, const char *config, _Out_ void **out)',
  matrixSetFloats:
    'int XGDMatrixSetFloatInfo(void *matrix, const char *field, const void *data, uint64_t count)',
  matrixFree: 'int XGDMatrixFree(void *matrix)',
  boosterCreate: 'int XGBoosterCreate(void **matrices, uint64_t count, _Out_ void **out)',
  boosterSet: 'int XGBoosterSetParam(void *booster, const char *name, const char *value)',
  boosterUpdate: 'int XGBoosterUpdateOneIter(void *booster, int round, void *matrix)',
  boosterEvaluate:
    'int XGBoosterEvalOneIter(void *booster, int round, void **matrices, const char **names, uint64_t count, _Out_ const char **out)',
  boosterSlice: 'int XGBoosterSlice(void *booster, int from, int to, int step, _Out_ void **out)',
  boosterSave:
    'int XGBoosterSaveModelToBuffer(void *booster, const char *config, _Out_ uint64_t *length, _Out_ void **out)',
  boosterLoad:
    'int XGBoosterLoadModelFromBuffer(void *booster, const void *bytes, uint64_t length)',
  predictDense:
    'int XGBoosterPredictFromDense(void *booster, const char *values, const char *config, void *proxy, _Out_ void **shape, _Out_ uint64_t *dimensions, _Out_ void **out)',
  predictMatrix:
    'int XGBoosterPredictFromDMatrix(void *booster, void *matrix, const char *config, _Out_ void **shape, _Out_ uint64_t *dimensions, _Out_ void **out)',
  boosterFree: 'int XGBoosterFree(void *booster)',
} as const

export class XgboostLibrary {
  private readonly calls: NativeCalls<keyof typeof PROTOTYPES>

  /** @throws CandlewireError NATIVE_LIBRARY_FAILED if it cannot be loaded */
  constructor(path: string) {
    this.calls = loadNativeLibrary('XGBoost', path, PROTOTYPES, 'const char *XGBGetLastError()')
  }

  /**
   * Bins the rows part by part; the matrix is not kept. Validation rows take the bins of `reference`.
   * @throws CandlewireError NATIVE_LIBRARY_FAILED also for infinite inputs, which XGBoost does not train on
   */
  createMatrix(rows: TrainingRows, threads: number, reference?: MatrixHandle): MatrixHandle {
    const { calls } = this
    const proxy: unknown[] = [null]
    const out: unknown[] = [null]
    let [next, failure]: [number, unknown] = [0, undefined]
    calls.proxyCreate(proxy)
    try {
      calls.quantileCreate(
        null,
        proxy[0],
        reference?.matrix ?? null,
        () => {
          next = 0
        },
        () => {
          const part = rows.parts[next]
          if (part === undefined || failure !== undefined) return 0
          next += 1
          try {
            calls.proxySetDense(proxy[0], arrayInterface(part, rows.width))
          } catch (thrown) {
            // Must not be thrown through native frames.
            failure = thrown
            return 0
          }
          return 1
        },
        `{${MISSING},"max_bin":${MAX_BINS},"nthread":${threads}}`,
        out,
      )
    } catch (thrown) {
      throw failure ?? infinityIn(rows) ?? thrown
    } finally {
      calls.matrixFree(proxy[0])
    }
    const matrix = { matrix: out[0] }
    try {
      calls.matrixSetFloats(out[0], 'label', rows.labels, rows.labels.length)
    } catch (thrown) {
      this.freeMatrix(matrix)
      throw thrown
    }
    return matrix
  }

  /** @param matrices those that the booster will be updated with and evaluated on */
  createBooster(matrices: readonly MatrixHandle[], parameters: XgboostParameters): BoosterHandle {
    const out: unknown[] = [null]
    this.calls.boosterCreate(
      matrices.map(({ matrix }) => matrix),
      matrices.length,
      out,
    )
    for (const [name, value] of Object.entries(parameters))
      this.calls.boosterSet(out[0], name, String(value))
    return { booster: out[0] }
  }

  /** A booster of its own from a saved model: it needs no matrix. */
  loadBooster(model: Uint8Array, threads: number): BoosterHandle {
    const booster = this.createBooster([], { nthread: threads })
    try {
      this.calls.boosterLoad(booster.booster, model, model.length)
    } catch (thrown) {
      this.freeBooster(booster)
      throw thrown
    }
    return booster
  }

  /** One more tree. @param round from 0 */
  update({ booster }: BoosterHandle, round: number, { matrix }: MatrixHandle): void {
    this.calls.boosterUpdate(booster, round, matrix)
  }

  /** The metric of the parameters on each matrix. */
  metrics({ booster }: BoosterHandle, round: number, matrices: readonly MatrixHandle[]): number[] {
    const text = [null] as [string | null]
    this.calls.boosterEvaluate(
      booster,
      round,
      matrices.map(({ matrix }) => matrix),
      matrices.map((_, index) => `m${index}`),
      matrices.length,
      text,
    )
    return [...(text[0] ?? '').matchAll(/\tm\d+-\w+:(\S+)/g)].map(([, value]) => Number(value))
  }

  /** The first `rounds` trees as XGBoost's JSON. */
  save({ booster }: BoosterHandle, rounds: number): Uint8Array {
    const slice: unknown[] = [null]
    this.calls.boosterSlice(booster, 0, rounds, 1, slice)
    try {
      const length = [0]
      const out: unknown[] = [null]
      this.calls.boosterSave(slice[0], '{"format":"json"}', length, out)
      // The buffer is the booster's own.
      return new Uint8Array(koffi.view(out[0], length[0] ?? 0)).slice()
    } finally {
      this.calls.boosterFree(slice[0])
    }
  }

  /**
   * @param matrix `[rows, width] float32`; infinities are allowed here
   * @returns `[rows]`
   */
  predict(
    { booster }: BoosterHandle,
    matrix: Float32Array,
    width: number,
    answer: 'value' | 'margin',
  ): Float32Array {
    if (matrix.length === 0) return new Float32Array()
    const out: unknown[] = [null]
    this.calls.predictDense(
      booster,
      arrayInterface(matrix, width),
      predictConfig(ANSWERS[answer]),
      null,
      [null],
      [0],
      out,
    )
    return floatsAt(out[0], matrix.length / width)
  }

  /**
   * @param matrix `[rows, width] float32` without infinities
   * @returns `[rows, stride] float32`
   */
  explain(
    { booster }: BoosterHandle,
    matrix: Float32Array,
    width: number,
    options: {
      readonly answer: 'leaves' | 'contributions'
      readonly stride: number
      readonly threads: number
    },
  ): Float32Array {
    if (matrix.length === 0) return new Float32Array()
    const rows: unknown[] = [null]
    const config = `{${MISSING},"nthread":${options.threads}}`
    this.calls.denseCreate(arrayInterface(matrix, width), config, rows)
    try {
      const out: unknown[] = [null]
      const wanted = predictConfig(ANSWERS[options.answer])
      this.calls.predictMatrix(booster, rows[0], wanted, [null], [0], out)
      return floatsAt(out[0], (matrix.length / width) * options.stride)
    } finally {
      this.calls.matrixFree(rows[0])
    }
  }

  freeMatrix({ matrix }: MatrixHandle): void {
    this.calls.matrixFree(matrix)
  }

  freeBooster({ booster }: BoosterHandle): void {
    this.calls.boosterFree(booster)
  }
}

/** Says where the first infinite input is, which XGBoost refuses without saying where. */
function infinityIn({ parts, width }: TrainingRows): CandlewireError | undefined {
  let before = 0
  for (const part of parts) {
    const cell = part.findIndex((value) => Math.abs(value) === Infinity)
    if (cell >= 0) {
      const row = before + Math.floor(cell / width)
      return new CandlewireError(
        'NATIVE_LIBRARY_FAILED',
        `XGBoost does not train on infinite inputs: row ${row}, column ${cell % width} (from 0) is ${part[cell]}; leave the column or the row out`,
        { details: { row, column: cell % width } },
      )
    }
    before += part.length / width
  }
  return undefined
}

/** @see https://numpy.org/doc/stable/reference/arrays.interface.html */
const arrayInterface = (matrix: Float32Array, width: number): string =>
  `{"data":[${addressOf(matrix)},true],"shape":[${matrix.length / width},${width}],"typestr":"<f4","version":3}`

const predictConfig = (type: number): string =>
  `{"type":${type},"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,${MISSING}}`

/** A copy: the library overwrites its answer with the next one. */
const floatsAt = (pointer: unknown, count: number): Float32Array =>
  new Float32Array(koffi.view(pointer, 4 * count)).slice()
