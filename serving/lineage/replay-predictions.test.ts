/** Published predictions are made again by the scorer's own code; what was forged is found and named. */
import type { Admin } from 'kafkajs'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { fakeModel } from '../../test/support/fake-model.ts'
import { fleetOf } from '../../test/support/fleet-of.ts'
import { MemoryLog } from '../../test/support/memory-log.ts'
import { publishedModel, versionEntry } from '../../test/support/published-model.ts'
import { testOutcome } from '../../test/support/test-outcome.ts'
import { testQuality } from '../../test/support/test-quality.ts'
import { testVector } from '../../test/support/vectors.ts'
import { applyEntry, emptyModelRegistry } from '../../processors/models/model-registry.ts'
import { isSame } from '../../processors/replay/records/topic-replay.ts'
import type { Incoming } from '../../processors/runtime/processor.ts'
import type { Features, Prediction } from '../../schemas/generated.ts'
import { offlineCodecs } from '../../streams/codec.ts'
import type { PartitionReader } from '../../streams/partition-reader.ts'
import { ALL_TOPICS, featuresTopic, outcomesTopic, predictionsTopic } from '../../streams/topics.ts'
import { scorer } from '../live/scorer.ts'
import { ServingMetrics } from '../metrics.ts'
import { replayPredictions } from './replay-predictions.ts'

const INSTRUMENT = 'SPX500_USD'
const MINUTE_MS = 60_000
const codecs = offlineCodecs(ALL_TOPICS)
const champion = publishedModel(2, { trainedUntilMs: 20 * MINUTE_MS })
const shadow = publishedModel(3, { trainedUntilMs: 30 * MINUTE_MS })

/** The vector of a bar; of every seventh the bar fills a gap. */
function vectorOf(bar: number): Features {
  const vector = testVector(INSTRUMENT, bar)
  return { ...vector, values: { ...vector.values, is_backfilled: bar % 7 === 0 ? 1 : 0 } }
}

/** Vectors scored in batches by the real scorer, while outcomes come in and make intervals. */
async function scored(bars = 480) {
  const log = new MemoryLog(codecs)
  const { errors, quality } = testQuality()
  const fleet = fleetOf(
    { model: fakeModel(champion) },
    { model: fakeModel(shadow), role: 'shadow' },
  )
  const logger = pino({ level: 'silent' })
  const work = scorer({ fleet, metrics: new ServingMetrics(), logger, errors, quality })
  for (let from = 0; from < bars; from += 30) {
    const batch: Incoming<Features>[] = []
    for (let bar = from; bar < from + 30; bar += 1) {
      const value = vectorOf(bar)
      const { offset } = log.append(featuresTopic, 0, value)
      batch.push({ topic: featuresTopic.name, partition: 0, offset, value })
    }
    const predictions = (await work.handle(batch)).map(({ value }) => value as Prediction)
    for (const prediction of predictions) {
      log.append(predictionsTopic, 0, prediction)
      const { modelName, modelVersion, instrument, predictedReturn, eventTimeMs } = prediction
      // Known half an hour later: some of them lie ahead of the vectors of the next batch.
      const outcome = testOutcome({
        ...{ modelName, modelVersion, instrument, predictedReturn },
        eventTimeMs: eventTimeMs + 40 * MINUTE_MS,
        realizedReturn: predictedReturn + ((eventTimeMs / MINUTE_MS) % 13) / 10 - 0.6,
      })
      errors.add(outcome, log.append(outcomesTopic, 0, outcome))
    }
  }
  return { log, options: optionsOf(log), quality }
}

function optionsOf(log: MemoryLog) {
  const registry = emptyModelRegistry()
  for (const { version } of [champion, shadow]) applyEntry(registry, versionEntry(version))
  const opened: string[] = []
  const models = [champion, shadow].map((each) => fakeModel(each))
  return {
    admin: {} as Admin,
    reader: log as unknown as PartitionReader,
    codecs,
    range: {
      fromMs: -Infinity,
      toMs: Infinity,
      fromOffset: -1,
      toOffset: Infinity,
      instrument: undefined,
    },
    signal: new AbortController().signal,
    onProgress: () => undefined,
    registry,
    loader: {
      load: ({ version }: { readonly version: string }) => {
        opened.push(version)
        return Promise.resolve(models.find((model) => model.version.version === version)!)
      },
    },
    quality: testQuality().quality,
    opened,
    models,
  }
}

describe('a replay of predictions', () => {
  it('is identical: intervals from the outcomes that were known, ages, versions side by side', async () => {
    const { log, options } = await scored()
    const published = log
      .recordsOf(predictionsTopic.name, 0)
      .map(({ value }) => codecs.of(predictionsTopic).decode(value))
    // What makes it worth comparing.
    expect(published.filter(({ intervalOutcomes }) => intervalOutcomes > 0).length).toBeGreaterThan(
      300,
    )
    expect(published.some(({ featureAgeMs }) => featureAgeMs === MINUTE_MS)).toBe(true)
    expect(new Set(published.map(({ role }) => role))).toEqual(new Set(['champion', 'shadow']))
    const result = await replayPredictions(options)
    expect(result).toMatchObject({
      topics: ['predictions.v1'],
      compared: published.length,
      differing: 0,
      firstDifference: undefined,
    })
    expect(isSame(result)).toBe(true)
    expect(options.opened).toEqual(['1.2.0', '1.3.0'])
    expect(options.models.every((model) => model.closed())).toBe(true)
  })

  it('finds a number that no model said, an interval of other outcomes, and a repeat', async () => {
    const codec = codecs.of(predictionsTopic)
    const { log, options } = await scored()
    const records = log.recordsOf(predictionsTopic.name, 0)
    const whole = [...records]
    const forge = async (at: number, change: (was: Prediction) => Partial<Prediction>) => {
      const was = codec.decode(whole[at]!.value)
      const value = codec.encode({ ...was, ...change(was) })
      records.splice(0, records.length, ...whole)
      records[at] = { ...records[at]!, value }
      return replayPredictions(options)
    }
    const number = await forge(700, () => ({ predictedReturn: 42 }))
    expect(number).toMatchObject({ differing: 1, firstDifference: { publishedOffset: 700 } })
    expect(number.firstDifference?.what).toContain('predictedReturn was 42, is ')
    expect(number.firstDifference?.inputs[0]).toMatchObject({ topic: 'features.v1' })
    const interval = await forge(850, ({ lineage: [vector, outcomes] }) => ({
      lineage: [vector!, { ...outcomes!, fromOffset: outcomes!.fromOffset + 40 }],
    }))
    expect(interval).toMatchObject({ differing: 1 })
    const old = await forge(700, ({ lineage: [vector] }) => ({
      lineage: [{ ...vector!, fromOffset: 3, toOffset: 3 }],
    }))
    expect(old.firstDifference?.what).toMatch(/has predicted of the vector at offset 3 before/)
    const gone = await forge(700, () => ({ modelSha256: 'ab' }))
    expect(gone.firstDifference?.what).toContain('for it now, it was ab')

    records.splice(0, records.length, ...whole, { ...whole[800]!, offset: whole.length })
    const repeated = await replayPredictions(options)
    expect(repeated).toMatchObject({ compared: whole.length + 1, differing: 1 })
    expect(repeated.firstDifference?.what).toMatch(
      /has predicted of the vector at offset \d+ before/,
    )
  })

  it('is refused where nothing was predicted', async () => {
    await expect(replayPredictions(optionsOf(new MemoryLog(codecs)))).rejects.toThrow(
      'Nothing has been predicted yet',
    )
  })
})
