/** Where a prediction came from: every input by topic and offset, every schema, set and model by digest. */
import type { ModelRegistry } from '../../processors/models/model-registry.ts'
import { versionKey } from '../../processors/models/model-registry.ts'
import type { Features, ModelVersion, Prediction } from '../../schemas/generated.ts'
import { CandlewireError } from '../../streams/errors.ts'
import { CANDLE_MS, candlesTopic, featuresTopic, predictionsTopic } from '../../streams/topics.ts'
import { findRecord, foundAt, type FoundRecord, type LogClients } from './find-record.ts'
import { parsePredictionId, type VectorId } from './prediction-id.ts'

export interface PredictionLineage {
  readonly prediction: FoundRecord<Prediction>
  readonly vector: FoundRecord<Features>
  /** The record of the candle that completed the vector. */
  readonly candleSchemaId: number | null
  /** Undefined if the registry no longer knows it. */
  readonly model: ModelVersion | undefined
}

/**
 * @param recordsMax bound on the records looked through; unset: all
 * @throws CandlewireError OPTION_INVALID, NOT_FOUND
 */
export async function predictionLineage(
  clients: LogClients,
  registry: ModelRegistry,
  id: string,
  recordsMax?: number,
): Promise<PredictionLineage> {
  const { instrument, openTimeMs, modelName, modelVersion } = parsePredictionId(id)
  const prediction = await findRecord(clients, predictionsTopic, {
    key: instrument,
    eventTimeMs: openTimeMs + CANDLE_MS,
    matches: (value) => value.modelName === modelName && value.modelVersion === modelVersion,
    ...(recordsMax === undefined ? {} : { recordsMax }),
  })
  if (prediction === undefined)
    throw new CandlewireError('NOT_FOUND', `${predictionsTopic.name} has no prediction ${id}`)
  const made = prediction.value.lineage.find(({ topic }) => topic === featuresTopic.name)
  const vector = made && (await foundAt(clients, featuresTopic, made.partition, made.toOffset))
  if (vector === undefined)
    throw new CandlewireError(
      'NOT_FOUND',
      `The vector of ${id} is no longer in ${featuresTopic.name}: its lineage says ${JSON.stringify(made ?? null)}`,
    )
  return {
    prediction,
    vector,
    candleSchemaId: await candleSchemaId(clients, vector.value),
    model: registry.versions.get(versionKey(modelName, modelVersion)),
  }
}

/** The newest vector of a bar, as published. @throws CandlewireError NOT_FOUND */
export async function findVector(
  clients: LogClients,
  { instrument, openTimeMs }: VectorId,
): Promise<FoundRecord<Features>> {
  const found = await findRecord(clients, featuresTopic, {
    key: instrument,
    eventTimeMs: openTimeMs + CANDLE_MS,
    matches: (value) => value.instrument === instrument,
  })
  if (found !== undefined) return found
  throw new CandlewireError(
    'NOT_FOUND',
    `${featuresTopic.name} has no vector of ${instrument} at ${new Date(openTimeMs).toISOString()}`,
  )
}

async function candleSchemaId(clients: LogClients, vector: Features): Promise<number | null> {
  const from = vector.lineage.find(({ topic }) => topic === candlesTopic.name)
  if (from === undefined) return null
  const record = await foundAt(clients, candlesTopic, from.partition, from.toOffset)
  return record?.schemaId ?? null
}

/** As plain data, for the route and for `--json`. */
export function lineageJson({ prediction, vector, candleSchemaId, model }: PredictionLineage) {
  const { predictionId, instrument, openTimeMs, eventTimeMs, role } = prediction.value
  return {
    predictionId,
    instrument,
    openTimeMs,
    eventTimeMs,
    role,
    predictedReturn: prediction.value.predictedReturn,
    probability: prediction.value.probability,
    prediction: placeOf(predictionsTopic.name, prediction),
    vector: placeOf(featuresTopic.name, vector),
    inputs: vector.value.lineage.map((input) => ({
      ...input,
      schemaId: input.topic === candlesTopic.name ? candleSchemaId : null,
    })),
    featureSet: vector.value.featureSet,
    featureSetFingerprint: vector.value.featureSetFingerprint,
    model: {
      name: prediction.value.modelName,
      version: prediction.value.modelVersion,
      sha256: prediction.value.modelSha256,
      featureSet: model?.featureSet ?? null,
      featureSetFingerprint: model?.featureSetFingerprint ?? null,
      codeVersion: model?.codeVersion ?? null,
      runId: model?.runId ?? null,
      manifestDigest: model?.manifestDigest ?? null,
      datasetDigest: model?.datasetDigest ?? null,
      trainedUntilMs: model?.trainedUntilMs ?? null,
      trainedOn: model?.lineage ?? [],
    },
  }
}

const placeOf = (topic: string, { partition, offset, schemaId }: FoundRecord<unknown>) => ({
  topic,
  partition,
  offset,
  schemaId,
})
