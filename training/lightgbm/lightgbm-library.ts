/** The C API of LightGBM (include/LightGBM/c_api.h, version 4.3), as far as training needs it. */
import { addressOf, loadNativeLibrary } from '../native/native-library.ts'
import type { TrainingRows } from '../models/training-rows.ts'

const FLOAT32 = 0
const ROW_MAJOR = 1
const TRAINING_DATA = 0
const VALIDATION_DATA = 1
const ALL_ROUNDS = -1
const GAIN_IMPORTANCE = 1

/** What a prediction gives: `[rows]`, or per row one leaf per tree, or one figure per column and the bias. */
const LIGHTGBM_ANSWERS = { value: 0, margin: 1, leaves: 2, contributions: 3 } as const
export type LightgbmAnswer = keyof typeof LIGHTGBM_ANSWERS

/** Room for the saved text: 300 trees of 31 leaves take about 1 MB; a larger model asks again. */
const TEXT_BYTES = 4 * 1024 * 1024

/** Opaque pointers of the library. */
export type DatasetHandle = { readonly dataset: unknown }
export type BoosterHandle = { readonly booster: unknown }

/** LightGBM's own `key=value` parameters. */
export type LightgbmParameters = Readonly<Record<string, string | number | boolean>>

const PROTOTYPES = {
  datasetCreate:
    'int LGBM_DatasetCreateFromMats(int32_t parts, const void *data, int type, const void *rows, int32_t columns, int rowMajor, const char *parameters, void *reference, _Out_ void **out)',
  datasetSetField:
    'int LGBM_DatasetSetField(void *dataset, const char *name, const void *data, int count, int type)',
  datasetFree: 'int LGBM_DatasetFree(void *dataset)',
  boosterCreate: 'int LGBM_BoosterCreate(void *dataset, const char *parameters, _Out_ void **out)',
  boosterLoad:
    'int LGBM_BoosterLoadModelFromString(const char *text, _Out_ int *rounds, _Out_ void **out)',
  boosterAddValidation: 'int LGBM_BoosterAddValidData(void *booster, void *dataset)',
  boosterUpdate: 'int LGBM_BoosterUpdateOneIter(void *booster, _Out_ int *finished)',
  boosterEvaluate:
    'int LGBM_BoosterGetEval(void *booster, int dataset, _Out_ int *count, void *results)',
  boosterImportance:
    'int LGBM_BoosterFeatureImportance(void *booster, int rounds, int kind, void *results)',
  boosterSave:
    'int LGBM_BoosterSaveModelToString(void *booster, int start, int rounds, int importance, int64_t length, _Out_ int64_t *needed, void *text)',
  boosterPredict:
    'int LGBM_BoosterPredictForMat(void *booster, const void *data, int type, int32_t rows, int32_t columns, int rowMajor, int predictType, int start, int rounds, const char *parameters, _Out_ int64_t *count, void *results)',
  boosterFree: 'int LGBM_BoosterFree(void *booster)',
} as const

export class LightgbmLibrary {
  private readonly calls

  /** @throws CandlewireError NATIVE_LIBRARY_FAILED if it cannot be loaded */
  constructor(path: string) {
    this.calls = loadNativeLibrary('LightGBM', path, PROTOTYPES, 'const char *LGBM_GetLastError()')
  }

  /** Bins the rows; the matrix is not kept. Validation rows need the training rows as `reference`. */
  createDataset(
    rows: TrainingRows,
    parameters: LightgbmParameters,
    reference?: DatasetHandle,
  ): DatasetHandle {
    const out: unknown[] = [null]
    const pointers = BigUint64Array.from(rows.parts, addressOf)
    const counts = Int32Array.from(rows.parts, (part) => part.length / rows.width)
    this.calls.datasetCreate(
      counts.length,
      pointers,
      FLOAT32,
      counts,
      rows.width,
      ROW_MAJOR,
      textOf(parameters),
      reference?.dataset ?? null,
      out,
    )
    const dataset = { dataset: out[0] }
    try {
      // The library takes labels as float32 only.
      this.calls.datasetSetField(out[0], 'label', rows.labels, rows.labels.length, FLOAT32)
    } catch (thrown) {
      this.freeDataset(dataset)
      throw thrown
    }
    return dataset
  }

  createBooster(
    train: DatasetHandle,
    validation: DatasetHandle | undefined,
    parameters: LightgbmParameters,
  ): BoosterHandle {
    const out: unknown[] = [null]
    this.calls.boosterCreate(train.dataset, textOf(parameters), out)
    if (validation !== undefined) this.calls.boosterAddValidation(out[0], validation.dataset)
    return { booster: out[0] }
  }

  /** A booster of its own from saved text: it needs no data set. */
  loadBooster(text: string): BoosterHandle {
    const out: unknown[] = [null]
    this.calls.boosterLoad(text, [0], out)
    return { booster: out[0] }
  }

  /** One more tree. @returns true if no further split is possible */
  update({ booster }: BoosterHandle): boolean {
    const finished = [0]
    this.calls.boosterUpdate(booster, finished)
    return finished[0] === 1
  }

  /** The first metric of the parameters; that of the training rows needs `is_provide_training_metric`. */
  metric({ booster }: BoosterHandle, of: 'train' | 'validation'): number {
    const count = [0]
    const results = new Float64Array(8)
    const data = of === 'train' ? TRAINING_DATA : VALIDATION_DATA
    this.calls.boosterEvaluate(booster, data, count, results)
    return results[0] ?? NaN
  }

  /** Sum of the gains of all splits per column. */
  gain({ booster }: BoosterHandle, columns: number): Float64Array {
    const results = new Float64Array(columns)
    this.calls.boosterImportance(booster, ALL_ROUNDS, GAIN_IMPORTANCE, results)
    return results
  }

  /** The model as text, its first `rounds` trees. */
  save({ booster }: BoosterHandle, rounds: number): string {
    const needed = [0]
    let buffer = Buffer.alloc(TEXT_BYTES)
    const write = () =>
      this.calls.boosterSave(booster, 0, rounds, GAIN_IMPORTANCE, buffer.length, needed, buffer)
    write()
    if ((needed[0] ?? 0) > buffer.length) {
      buffer = Buffer.alloc(needed[0] ?? 0)
      write()
    }
    return buffer.toString('utf8', 0, (needed[0] ?? 1) - 1)
  }

  /**
   * @param matrix `[rows, width] float32`, row-major
   * @returns `[rows, stride]` of all trees; `stride` is 1 for values and margins
   */
  predict(
    { booster }: BoosterHandle,
    matrix: Float32Array,
    width: number,
    options: { readonly answer: LightgbmAnswer; readonly stride: number; readonly threads: number },
  ): Float64Array {
    const rows = matrix.length / width
    const results = new Float64Array(rows * options.stride)
    if (rows === 0) return results
    const count = [0]
    this.calls.boosterPredict(
      booster,
      matrix,
      FLOAT32,
      rows,
      width,
      ROW_MAJOR,
      LIGHTGBM_ANSWERS[options.answer],
      0,
      ALL_ROUNDS,
      `num_threads=${options.threads} verbosity=-1`,
      count,
      results,
    )
    if (count[0] !== results.length)
      throw new Error(`LightGBM answered ${count[0]} figures instead of ${results.length}`)
    return results
  }

  freeDataset({ dataset }: DatasetHandle): void {
    this.calls.datasetFree(dataset)
  }

  freeBooster({ booster }: BoosterHandle): void {
    this.calls.boosterFree(booster)
  }
}

const textOf = (parameters: LightgbmParameters): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
