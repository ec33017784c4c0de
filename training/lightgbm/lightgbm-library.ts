/**
 * The C API of LightGBM (include/LightGBM/c_api.h, version 4.3) through koffi. Typed arrays are passed
 * as pointers, nothing is copied on the way in. Calls are synchronous: for a worker process only.
 */
import koffi from 'koffi'
import { CandlewireError, messageOf } from '../../streams/errors.ts'

const FLOAT32 = 0
const ROW_MAJOR = 1
const PREDICT_NORMAL = 0
const SPLIT_IMPORTANCE = 0

/** Room for the saved text: 300 trees of 31 leaves take about 1 MB; a larger model asks again. */
const TEXT_BYTES = 4 * 1024 * 1024

/** Opaque pointers of the library. */
export type DatasetHandle = { readonly dataset: unknown }
export type BoosterHandle = { readonly booster: unknown }

/** LightGBM's own `key=value` parameters. */
export type LightgbmParameters = Readonly<Record<string, string | number | boolean>>

export interface RowsWithLabels {
  /** `[labels.length, width] float32`, row-major, NaN missing. */
  readonly matrix: Float32Array
  readonly labels: Float64Array
}

type NativeCall = (...given: unknown[]) => number

const PROTOTYPES = {
  datasetCreate:
    'int LGBM_DatasetCreateFromMat(const void *data, int type, int32_t rows, int32_t columns, int rowMajor, const char *parameters, void *reference, _Out_ void **out)',
  datasetSetField:
    'int LGBM_DatasetSetField(void *dataset, const char *name, const void *data, int count, int type)',
  datasetFree: 'int LGBM_DatasetFree(void *dataset)',
  boosterCreate: 'int LGBM_BoosterCreate(void *dataset, const char *parameters, _Out_ void **out)',
  boosterAddValidation: 'int LGBM_BoosterAddValidData(void *booster, void *dataset)',
  boosterUpdate: 'int LGBM_BoosterUpdateOneIter(void *booster, _Out_ int *finished)',
  boosterEvaluate:
    'int LGBM_BoosterGetEval(void *booster, int dataset, _Out_ int *count, void *results)',
  boosterSave:
    'int LGBM_BoosterSaveModelToString(void *booster, int start, int rounds, int importance, int64_t length, _Out_ int64_t *needed, void *text)',
  boosterPredict:
    'int LGBM_BoosterPredictForMat(void *booster, const void *data, int type, int32_t rows, int32_t columns, int rowMajor, int predictType, int start, int rounds, const char *parameters, _Out_ int64_t *count, void *results)',
  boosterFree: 'int LGBM_BoosterFree(void *booster)',
} as const

export class LightgbmLibrary {
  private readonly calls: Readonly<Record<keyof typeof PROTOTYPES, NativeCall>>
  private readonly lastError: () => string

  /** @throws CandlewireError NATIVE_LIBRARY_FAILED if it cannot be loaded */
  constructor(path: string) {
    try {
      const library = koffi.load(path)
      const entries = Object.entries(PROTOTYPES).map(([name, text]) => [name, library.func(text)])
      this.calls = Object.fromEntries(entries) as Record<keyof typeof PROTOTYPES, NativeCall>
      this.lastError = library.func('const char *LGBM_GetLastError()') as () => string
    } catch (thrown) {
      throw new CandlewireError(
        'NATIVE_LIBRARY_FAILED',
        `LightGBM cannot be loaded from ${path}: ${messageOf(thrown)}`,
        { cause: thrown },
      )
    }
  }

  /** Bins the rows; the matrix is not kept. Validation rows need the training rows as `reference`. */
  createDataset(
    rows: RowsWithLabels,
    width: number,
    parameters: LightgbmParameters,
    reference?: DatasetHandle,
  ): DatasetHandle {
    const out: unknown[] = [null]
    const count = rows.labels.length
    this.check(
      this.calls.datasetCreate(
        rows.matrix,
        FLOAT32,
        count,
        width,
        ROW_MAJOR,
        textOf(parameters),
        reference?.dataset ?? null,
        out,
      ),
    )
    // The library takes labels as float32 only.
    this.check(
      this.calls.datasetSetField(out[0], 'label', Float32Array.from(rows.labels), count, FLOAT32),
    )
    return { dataset: out[0] }
  }

  createBooster(
    train: DatasetHandle,
    validation: DatasetHandle,
    parameters: LightgbmParameters,
  ): BoosterHandle {
    const out: unknown[] = [null]
    this.check(this.calls.boosterCreate(train.dataset, textOf(parameters), out))
    this.check(this.calls.boosterAddValidation(out[0], validation.dataset))
    return { booster: out[0] }
  }

  /** One more tree. @returns true if no further split is possible */
  update({ booster }: BoosterHandle): boolean {
    const finished = [0]
    this.check(this.calls.boosterUpdate(booster, finished))
    return finished[0] === 1
  }

  /** The first metric of the parameters on the validation rows. */
  validationMetric({ booster }: BoosterHandle): number {
    const count = [0]
    const results = new Float64Array(8)
    this.check(this.calls.boosterEvaluate(booster, 1, count, results))
    return results[0] ?? NaN
  }

  /** The model as text, its first `rounds` trees. */
  save({ booster }: BoosterHandle, rounds: number): string {
    const needed = [0]
    let buffer = Buffer.alloc(TEXT_BYTES)
    this.check(
      this.calls.boosterSave(booster, 0, rounds, SPLIT_IMPORTANCE, buffer.length, needed, buffer),
    )
    if ((needed[0] ?? 0) > buffer.length) {
      buffer = Buffer.alloc(needed[0] ?? 0)
      this.check(
        this.calls.boosterSave(booster, 0, rounds, SPLIT_IMPORTANCE, buffer.length, needed, buffer),
      )
    }
    return buffer.toString('utf8', 0, (needed[0] ?? 1) - 1)
  }

  /** @param matrix `[rows, width] float32`, row-major. @returns `[rows]` of the first `rounds` trees */
  predict(
    { booster }: BoosterHandle,
    matrix: Float32Array,
    width: number,
    rounds: number,
    parameters: LightgbmParameters,
  ): Float64Array {
    const results = new Float64Array(matrix.length / width)
    if (results.length === 0) return results
    const count = [0]
    this.check(
      this.calls.boosterPredict(
        booster,
        matrix,
        FLOAT32,
        results.length,
        width,
        ROW_MAJOR,
        PREDICT_NORMAL,
        0,
        rounds,
        textOf(parameters),
        count,
        results,
      ),
    )
    return results
  }

  freeDataset({ dataset }: DatasetHandle): void {
    this.check(this.calls.datasetFree(dataset))
  }

  freeBooster({ booster }: BoosterHandle): void {
    this.check(this.calls.boosterFree(booster))
  }

  private check(status: number): void {
    if (status !== 0)
      throw new CandlewireError('NATIVE_LIBRARY_FAILED', `LightGBM: ${this.lastError()}`)
  }
}

const textOf = (parameters: LightgbmParameters): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
