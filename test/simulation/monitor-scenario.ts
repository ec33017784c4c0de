/**
 * The processors beside the market: sentiment with a model that is arithmetic, and drift of vectors and of
 * outcomes under references that change while they run. Each says with every step under which reference
 * it ran, in a record of the same transaction: that is what the judge steps under.
 */
import { driftProcessor } from '../../processors/drift/drift-processor.ts'
import type { DriftSettings } from '../../processors/drift/drift-settings.ts'
import { outcomeDriftProcessor } from '../../processors/drift/outcomes/outcome-drift-processor.ts'
import {
  driftReference,
  type DriftReference,
  type ReferenceIdentity,
} from '../../processors/drift/reference/drift-reference.ts'
import { makeReferenceProfile } from '../../processors/models/make-reference-profile.ts'
import { out, type StepContext } from '../../processors/runtime/processor.ts'
import type { AnyProcessor } from '../../processors/runtime/work.ts'
import { ArticleScoring } from '../../processors/sentiment/article-scoring.ts'
import { LazyModel } from '../../processors/sentiment/lazy-model.ts'
import { sentimentProcessor } from '../../processors/sentiment/sentiment-processor.ts'
import type { Candle } from '../../schemas/generated.ts'
import { createLogger } from '../../streams/log.ts'
import { candlesTopic, type Topic } from '../../streams/topics.ts'
import { normals } from '../support/autoregressive-matrix.ts'
import { FakeModel } from '../support/fake-sentiment-model.ts'
import { writeNews, writeOutcomes, writeVectors } from './monitor-writers.ts'
import type { MakeScenario } from './scenario.ts'

const COLUMNS = ['return_1', 'close_vwap_ratio']
const REFERENCE_ROWS = 100
/** Turns of a run between two references; the first comes some time after the start. */
const REFERENCE_EVERY_TURNS = 300
const SETTINGS: DriftSettings = {
  modelName: 'forward_return_30',
  window: 10,
  mode: 'auto',
  falseAlarmsPerDay: 0.02,
  ks: 0.4,
  share: 0.3,
  missing: 0.05,
  retrain: true,
}

const silent = createLogger({ logLevel: 'silent' }, 'simulation')
const known = new Map<number, DriftReference>()

/** The reference of an epoch: normal values about a mean that rises with it. */
function referenceOf(epoch: number): DriftReference {
  const made = known.get(epoch)
  if (made !== undefined) return made
  const normal = normals(7)
  const values = (length: number) => Array.from({ length }, () => normal() + epoch / 4)
  const profile = makeReferenceProfile({
    columns: COLUMNS,
    rows: REFERENCE_ROWS,
    matrix: Float32Array.from(values(REFERENCE_ROWS * COLUMNS.length)),
    predictions: Float64Array.from(values(REFERENCE_ROWS)),
    labels: Float64Array.from(values(REFERENCE_ROWS)),
    eventTimeMs: Float64Array.from({ length: REFERENCE_ROWS }, (_, row) => row),
  })
  const identity = {
    epoch,
    modelName: 'forward_return_30',
    modelVersion: '1.0.0',
    profileSha256: `digest ${epoch}`,
    profileOffset: epoch,
    instruments: ['A0', 'B0', 'A1', 'B1'],
  }
  const reference = driftReference(identity, profile)
  known.set(epoch, reference)
  return reference
}

type States = { readonly reference: ReferenceIdentity | undefined }

const referencesOf = (turns: () => number): StepContext<DriftReference, States> => ({
  latest: () => {
    const epoch = Math.floor(turns() / REFERENCE_EVERY_TURNS)
    return Promise.resolve(epoch === 0 ? undefined : referenceOf(epoch))
  },
  identityOf: ({ identity }) => identity,
  identityIn: ({ reference }) => reference,
  recall: ({ epoch }) => Promise.resolve(referenceOf(epoch)),
})

const traceOf = (name: string): Topic<Candle> => ({
  ...candlesTopic,
  name: `simulation.context.${name}.v1`,
})
const TRACES = { drift: traceOf('drift'), 'drift-outcomes': traceOf('drift-outcomes') }

/** The same processor, which also says the epoch of each step. */
function traced(work: AnyProcessor, topic: Topic<Candle>): AnyProcessor {
  return {
    ...work,
    step(state: object, record) {
      const epoch = (record.context as DriftReference | undefined)?.identity.epoch ?? -1
      return [
        ...work.step(state, record),
        out(topic, said(work.keyOf(record.value), record, epoch)),
      ]
    },
  }
}

const said = (instrument: string, { offset }: { offset: number }, epoch: number): Candle => ({
  instrument,
  openTimeMs: 0,
  open: 0,
  high: 0,
  low: 0,
  close: epoch,
  volume: null,
  bidClose: null,
  askClose: null,
  bidSize: null,
  askSize: null,
  source: 'simulation',
  sourceLine: offset,
})

export const MONITORS: MakeScenario = (turns) => {
  const references = referencesOf(turns)
  const trace = (topic: Topic<Candle>) => ({
    topic: topic as unknown as Topic<never>,
    contextOf: referenceOf,
  })
  return {
    processors: [
      () => traced(driftProcessor(SETTINGS, references), TRACES.drift),
      () => traced(outcomeDriftProcessor(SETTINGS, references), TRACES['drift-outcomes']),
      () => {
        const model = new LazyModel(() => Promise.resolve(new FakeModel()), silent)
        const settings = { instrument: 'A0', sentimentRecorded: 'use' as const }
        return sentimentProcessor(settings, new ArticleScoring(model).finish)
      },
    ],
    upstream: {},
    writers: [writeVectors, writeOutcomes, writeNews],
    ownTopics: Object.values(TRACES),
    contexts: {
      drift: trace(TRACES.drift),
      'drift-outcomes': trace(TRACES['drift-outcomes']),
    },
  }
}
