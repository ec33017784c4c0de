/**
 * Drift per vector: all measures over 114 features against 10,000 reference rows with a window of 1,440.
 * `CANDLEWIRE_BENCH_PYTHON=FILE` names a Python with scipy (and Evidently): then their figures over the same windows.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serialize } from 'node:v8'
import { numericFeatures, EVERYTHING } from '../processors/features/feature-sets.ts'
import { lagColumn } from '../processors/models/input-columns.ts'
import { makeReferenceProfile } from '../processors/models/make-reference-profile.ts'
import { driftProcessor } from '../processors/drift/drift-processor.ts'
import type { DriftSettings } from '../processors/drift/drift-settings.ts'
import { driftReference } from '../processors/drift/reference/drift-reference.ts'
import { positionsOf } from '../processors/drift/vector-columns.ts'
import { WindowComparison } from '../processors/drift/window/window-comparison.ts'
import { autoregressiveMatrix } from '../test/support/autoregressive-matrix.ts'
import { testVector } from '../test/support/vectors.ts'
import type { Benchmark } from './harness.ts'

const FEATURES = 114
const WINDOW = 1_440
const REFERENCE_ROWS = 10_000
const VECTORS = 4_000
const SETTINGS: DriftSettings = {
  modelName: 'forward_return_30',
  window: WINDOW,
  mode: 'thresholds',
  falseAlarmsPerDay: 0.02,
  ks: 0.1,
  share: 0.3,
  missing: 0.05,
  retrain: false,
}

const columns = [...numericFeatures(EVERYTHING), ...[1, 2, 3, 4, 5, 6].map(lagColumn)].slice(
  0,
  FEATURES,
)

/** CPU time of this process, µs: the wall clock of a busy machine says little. */
const cpuUs = (): number => process.cpuUsage().user

export const benchmark: Benchmark = {
  name: 'drift',
  about: `${FEATURES} features, ${REFERENCE_ROWS} reference rows, windows of ${WINDOW} vectors; CPU time`,
  run: async (bench) => {
    const matrixOf = (seed: number, rows: number) =>
      autoregressiveMatrix({ seed, rows, columns: FEATURES, persistence: 0.97 })
    const nothing = new Float64Array(REFERENCE_ROWS)
    const training = matrixOf(1, REFERENCE_ROWS)
    const profile = makeReferenceProfile({
      columns,
      rows: REFERENCE_ROWS,
      matrix: training,
      predictions: nothing,
      labels: nothing,
      eventTimeMs: nothing,
    })
    const instruments = ['BENCH']
    const identity = {
      epoch: 1,
      modelName: 'm',
      modelVersion: '1',
      profileSha256: '',
      profileOffset: 0,
    }
    const reference = driftReference({ ...identity, instruments }, profile)
    const live = matrixOf(2, WINDOW + VECTORS)
    const vectors = Array.from({ length: WINDOW + VECTORS }, (_, i) => {
      const vector = testVector('BENCH', i)
      const row = live.subarray(i * FEATURES, (i + 1) * FEATURES)
      const values = Object.fromEntries(columns.map((name, column) => [name, row[column]!]))
      return { ...vector, values: { ...vector.values, ...values } }
    })
    const processor = driftProcessor(SETTINGS)
    let stateBytes = 0
    const perVector = (): number => {
      const state = processor.initial('BENCH')
      const step = (offset: number) =>
        processor.step(state, {
          topic: 'features.v1',
          partition: 0,
          offset,
          value: vectors[offset]!,
          context: reference,
        })
      for (let i = 0; i < WINDOW; i += 1) step(i)
      const started = cpuUs()
      for (let i = WINDOW; i < WINDOW + VECTORS; i += 1) step(i)
      const spent = cpuUs() - started
      stateBytes = serialize(state).length
      return spent / VECTORS
    }
    await bench.repeat('drift.per_vector', 'µs', perVector)
    const comparison = comparisonOf(reference.index)
    await bench.repeat(
      'drift.memory_per_instrument',
      'MB',
      () => (comparison.bytes + stateBytes) / 1e6,
    )
    await bench.repeat('drift.snapshot_per_instrument', 'MB', () => stateBytes / 1e6)
    const python = process.env['CANDLEWIRE_BENCH_PYTHON']
    if (python === undefined) bench.note('CANDLEWIRE_BENCH_PYTHON is not set: no peers in this run')
    else await peers(bench, python, training, live.subarray(0, WINDOW * FEATURES))
  },
}

function comparisonOf(index: ConstructorParameters<typeof WindowComparison>[0]): WindowComparison {
  const width = FEATURES
  const rows = new Float32Array(WINDOW * width)
  return new WindowComparison(index, WINDOW, { rows, width, columnOf: positionsOf(index.columns) })
}

const PEERS = `
import sys, time, json
import numpy as np
folder, columns = sys.argv[1], int(sys.argv[2])
r = np.fromfile(folder + '/reference.f32', dtype=np.float32).reshape(-1, columns)
w = np.fromfile(folder + '/window.f32', dtype=np.float32).reshape(-1, columns)
out = {}
from scipy.stats import ks_2samp
def looked():
    s = time.process_time()
    for j in range(columns): ks_2samp(r[:, j], w[:, j], method='asymp')
    return (time.process_time() - s) * 1e3
looked()
out['scipy'] = [looked() for _ in range(3)]
try:
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataDriftPreset
    a, b = pd.DataFrame(r, columns=[f'c{j}' for j in range(columns)]), pd.DataFrame(w, columns=[f'c{j}' for j in range(columns)])
    def report():
        s = time.process_time(); Report([DataDriftPreset()]).run(b, a); return (time.process_time() - s) * 1e3
    out['evidently'] = [report()]
except Exception as e:
    print('Evidently is left out:', repr(e), file=sys.stderr)
print(json.dumps(out))
`

async function peers(
  bench: Parameters<Benchmark['run']>[0],
  python: string,
  reference: Float32Array,
  window: Float32Array,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'candlewire-drift-'))
  try {
    writeFileSync(join(folder, 'reference.f32'), reference)
    writeFileSync(join(folder, 'window.f32'), window)
    const args = ['-c', PEERS, folder, String(FEATURES)]
    const answer = spawnSync(python, args, { encoding: 'utf8', timeout: 300_000 })
    if (answer.status !== 0) return bench.note(`The peers failed: ${answer.stderr.slice(-500)}`)
    const measured = JSON.parse(answer.stdout) as Record<string, number[]>
    for (const [name, [first = NaN, ...more]] of Object.entries(measured)) {
      const values = [first, ...more]
      let at = 0
      await bench.repeat(`peer:${name} per look`, 'ms', () => values[at++ % values.length]!)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
