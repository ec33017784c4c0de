/**
 * Makes every published prediction again: the vector its lineage names, scored by the model it names,
 * with the outcomes its lineage names, by the code of the scorer (score-rows.ts). The bytes must be
 * the published ones.
 *
 * Which versions were asked, in which role, and which of them answered is an act of its moment and is
 * taken from the record; so is the coverage of an interval, and an age that a server could not know.
 */
import { PublishedRecords } from '../../processors/replay/records/published-records.ts'
import { RecordTally, type RecordsResult } from '../../processors/replay/records/record-tally.ts'
import {
  summaryOf,
  type TopicReplayOptions,
  type TopicReplayResult,
} from '../../processors/replay/records/topic-replay.ts'
import type { Incoming } from '../../processors/runtime/processor.ts'
import type { ModelRegistry } from '../../processors/models/model-registry.ts'
import type { Features, Prediction } from '../../schemas/generated.ts'
import type { TopicCodec } from '../../streams/codec.ts'
import { decidedEnd } from '../../streams/decided.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import { featuresTopic, outcomesTopic, predictionsTopic } from '../../streams/topics.ts'
import type { QualitySettings } from '../live/scorer.ts'
import { scoreRows, skipReasonOf, type RowContext } from '../live/score-rows.ts'
import type { ModelLoader } from '../models/model-loader.ts'
import { isRole } from '../models/route-table.ts'
import { BATCH_ROWS_MAX, type ScoringModel } from '../models/scoring-model.ts'
import { KnownErrors } from './known-errors.ts'
import { PastModels } from './past-models.ts'
import { VectorLog } from './vector-log.ts'

const TAKEN = 'which versions were asked, in which role, and which answered are the recorded ones'

export interface PredictionReplayOptions extends TopicReplayOptions {
  readonly registry: ModelRegistry
  readonly loader: ModelLoader
  readonly quality: QualitySettings
}

/** @throws CandlewireError NOT_FOUND if nothing was ever predicted */
export async function replayPredictions(
  options: PredictionReplayOptions,
): Promise<TopicReplayResult> {
  const startedAt = performance.now()
  const { reader } = options
  const models = new PastModels(options.registry, options.loader)
  const spans: Span[] = []
  for (const partition of await reader.partitions(predictionsTopic.name)) {
    const from = await reader.beginningOffset(predictionsTopic.name, partition)
    spans.push({ partition, from, to: await decidedEnd(reader, predictionsTopic.name, partition) })
  }
  if (spans.every(({ from, to }) => from === to))
    throw new CandlewireError('NOT_FOUND', 'Nothing has been predicted yet')
  const inputsTotal = spans.reduce((sum, { from, to }) => sum + to - from, 0)
  const done = { inputs: 0, offsets: 0, compared: 0, differing: 0 }
  const partitions: RecordsResult[] = []
  try {
    for (const span of spans) {
      const replay = new PartitionReplay(options, models, span)
      const result = await replay.run((records, offsets) => {
        done.inputs += records
        done.offsets += offsets
        const { compared, differing } = replay.score
        options.onProgress({
          inputsDone: done.offsets,
          inputsTotal,
          compared: done.compared + compared,
          differing: done.differing + differing,
        })
      })
      done.compared += result.compared
      done.differing += result.differing
      partitions.push(result)
    }
  } finally {
    await models.close()
  }
  return summaryOf(partitions, { inputs: done.inputs, taken: TAKEN, startedAt })
}

interface Span {
  readonly partition: number
  readonly from: number
  readonly to: number
}

/** A published prediction with what it is made again from. */
interface Question {
  readonly record: RawRecord
  readonly prediction: Prediction
  readonly model: ScoringModel
  readonly vector: Incoming<Features>
  readonly context: RowContext
}

/** A record of which nothing can be made, and why. */
interface Unanswerable {
  readonly record: RawRecord
  readonly why: string | undefined
}

class PartitionReplay {
  private readonly options: PredictionReplayOptions
  private readonly models: PastModels
  private readonly tally: RecordTally<Prediction>
  private readonly published: PublishedRecords
  private readonly vectors: VectorLog
  private readonly errors: KnownErrors
  /** By version: the vector that was scored last. */
  private readonly scoredLast = new Map<string, number>()

  constructor(options: PredictionReplayOptions, models: PastModels, span: Span) {
    const { reader, codecs, range } = options
    const { partition } = span
    const codec = codecs.of(predictionsTopic)
    this.options = options
    this.models = models
    this.tally = new RecordTally({ codec, partition, range })
    this.published = PublishedRecords.of(reader, codec as TopicCodec<unknown>, span)
    this.vectors = new VectorLog(reader, codecs, partition)
    this.errors = new KnownErrors(reader, codecs, partition)
  }

  get score() {
    return this.tally.score
  }

  async run(onProgress: (records: number, offsets: number) => void): Promise<RecordsResult> {
    const { published, vectors, errors } = this
    let reached: number | undefined
    try {
      for (;;) {
        this.options.signal.throwIfAborted()
        await published.fill(BATCH_ROWS_MAX)
        const records = Array.from(
          { length: Math.min(BATCH_ROWS_MAX, published.ahead.length) },
          () => published.take(),
        )
        const last = records.at(-1)?.offset
        if (last === undefined) return this.tally.result()
        await this.compare(records)
        onProgress(records.length, last - (reached ?? records[0]!.offset - 1))
        reached = last
      }
    } finally {
      await Promise.all([published.close(), vectors.close(), errors.close()])
    }
  }

  private async compare(records: readonly RawRecord[]): Promise<void> {
    const asked: (Question | Unanswerable)[] = []
    for (const record of records) {
      const { value } = this.tally.read(record)
      if (value === undefined) asked.push({ record, why: undefined })
      else if (this.tally.isWanted(value)) asked.push(await this.question(record, value))
    }
    const made = await this.answers(asked)
    for (const each of asked) {
      const value = made.get(each)
      if (value === undefined) this.tally.extra(each.record, 'why' in each ? each.why : undefined)
      else this.tally.pair(each.record, { value, bytes: this.tally.codec.encode(value) })
    }
  }

  /** Scores rows of one model together, as the scorer does. */
  private async answers(
    asked: readonly (Question | Unanswerable)[],
  ): Promise<ReadonlyMap<Question | Unanswerable, Prediction>> {
    const byModel = new Map<ScoringModel, Question[]>()
    for (const each of asked) {
      if (!('model' in each)) continue
      byModel.set(each.model, [...(byModel.get(each.model) ?? []), each])
    }
    const made = new Map<Question | Unanswerable, Prediction>()
    for (const [model, questions] of byModel) {
      const contexts = new Map(questions.map(({ vector, context }) => [vector, context]))
      const predictions = await scoreRows(
        model,
        questions.map(({ vector }) => vector),
        (record) => contexts.get(record)!,
      )
      questions.forEach((question, row) => made.set(question, predictions[row]!))
    }
    return made
  }

  private async question(
    record: RawRecord,
    prediction: Prediction,
  ): Promise<Question | Unanswerable> {
    const not = (why: string): Unanswerable => ({ record, why })
    const { role, modelName, modelVersion } = prediction
    const [named, outcomes] = [featuresTopic, outcomesTopic].map(({ name }) =>
      prediction.lineage.find(({ topic }) => topic === name),
    )
    if (named === undefined) return not('the prediction names no vector that it was made of')
    if (!isRole(role)) return not(`${role} is no role of a model`)
    const version = `${modelName}/${modelVersion}`
    if (named.toOffset <= (this.scoredLast.get(version) ?? -1))
      return not(`${version} has predicted of the vector at offset ${named.toOffset} before`)
    this.scoredLast.set(version, named.toOffset)
    const there = await this.vectors.at(named.toOffset)
    if (there === undefined) return not(`its vector is not at offset ${named.toOffset}`)
    const past = await this.models.of(prediction)
    if ('problem' in past) return not(past.problem)
    const { model } = past
    const skipped = skipReasonOf(there.record.value, model.version)
    if (skipped !== undefined) return not(`the scorer passes this vector over: ${skipped}`)
    const { coverage, limits } = this.options.quality
    const context: RowContext = {
      role,
      isAnswer: prediction.isAnswer,
      featureAgeMs:
        prediction.featureAgeMs === null ? null : (there.featureAgeMs ?? prediction.featureAgeMs),
      errors: outcomes === undefined ? undefined : await this.errors.of(prediction, outcomes),
      coverage: prediction.intervalCoverage ?? coverage,
      limits,
    }
    // A copy: a vector may be asked about by several versions, each with a context of its own.
    return { record, prediction, model, vector: { ...there.record }, context }
  }
}
