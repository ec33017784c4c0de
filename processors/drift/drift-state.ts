/**
 * What is remembered of one instrument: the vectors of the window, the days, and what was said last.
 *
 * 1,440 vectors of 125 columns are 720 kB, the days 550 kB: a snapshot is 1.3 MB. What makes
 * the measures quick (some 7 MB) is derived from it and is not part of it.
 */
import type { ReferenceIdentity } from './reference/drift-reference.ts'
import { COLUMNS_FINGERPRINT, VECTOR_COLUMNS } from './vector-columns.ts'
import { dayWindows, type DayWindows } from './window/day-windows.ts'

export interface DriftState {
  readonly columns: string
  readonly window: number
  /** `[window, VECTOR_COLUMNS] float32`, a ring: vector number i is in slot i modulo window. */
  readonly rows: Float32Array
  /** Event time of each slot, ms. */
  readonly timeMs: Float64Array
  /** Vectors taken since the first. */
  vectors: number
  /** Vectors that were not newer than the one before and were ignored. */
  ignored: number
  lastEventTimeMs: number
  readonly days: DayWindows
  /** The reference of the step before. */
  reference: ReferenceIdentity | undefined
  /** Measures above their threshold, as `feature measure`, so that drift.v1 has the changes alone. */
  above: Set<string>
  alarm: DriftAlarm | undefined
  /** Alarms raised since the first vector. */
  alarms: number
  /** When sentiment drift was found; undefined: there is none. */
  sentimentSinceMs: number | undefined
}

export interface DriftAlarm {
  readonly sinceMs: number
  /** Version whose reference raised it. */
  readonly modelName: string
  readonly modelVersion: string
  /** Vectors since the verdict last was drift. */
  quietVectors: number
}

export const initialDriftState = (window: number): DriftState => ({
  columns: COLUMNS_FINGERPRINT,
  window,
  rows: new Float32Array(window * VECTOR_COLUMNS.length),
  timeMs: new Float64Array(window),
  vectors: 0,
  ignored: 0,
  lastEventTimeMs: -Infinity,
  days: dayWindows(VECTOR_COLUMNS.length),
  reference: undefined,
  above: new Set(),
  alarm: undefined,
  alarms: 0,
  sentimentSinceMs: undefined,
})
