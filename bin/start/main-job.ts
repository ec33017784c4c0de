/**
 * The main job, from nothing to a live prediction stream:
 *
 *   1. the stack is up and the services run;
 *   2. the history is produced, its news is scored, and it becomes features and labelled examples;
 *   3. a model is trained on it and swapped in by the server (unless one is live from an earlier run);
 *   4. the rest of the input streams through the live model;
 *   5. everything published has arrived in the stores, and is counted there.
 *
 * Every step starts from what Kafka holds, so a run that was stopped anywhere is continued by the next.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { CandlewireError } from '../../streams/errors.ts'
import {
  candlesTopic,
  deadLettersTopic,
  examplesTopic,
  featuresTopic,
  modelVersionsTopic,
  newsDuplicatesTopic,
  newsTopic,
  predictionsTopic,
  sentimentTopic,
} from '../../streams/topics.ts'
import { CLICKHOUSE_GROUP } from '../../processors/sinks/clickhouse/clickhouse-sink.ts'
import { REDIS_GROUP } from '../../processors/sinks/redis/redis-sink.ts'
import { groupIdOf } from '../../processors/runtime/work.ts'
import { versionOf } from '../../processors/models/model-registry.ts'
import { readModelRegistry } from '../../processors/models/read-registry.ts'
import { catchUp, type GroupInput } from './catch-up.ts'
import type { MarketInput } from './market-input.ts'
import { NewsScoring } from './news-scoring.ts'
import { Rates } from './rates.ts'
import type { RunContext } from './run-context.ts'
import { countRun } from './count-run.ts'
import { ANSWERING, type LiveModel } from './live-model.ts'
import type { Summary } from './summary.ts'
import { settled } from './settled.ts'
import { trainInChild } from './train-in-child.ts'

const MODEL_NAME = 'forward_return_30'

const FEATURES: GroupInput = { groupId: groupIdOf({ name: 'features' }), topic: candlesTopic.name }
const LABELS: GroupInput = { groupId: groupIdOf({ name: 'labels' }), topic: featuresTopic.name }
const SCORER: GroupInput = { groupId: groupIdOf({ name: 'scorer' }), topic: featuresTopic.name }
const SINKS: readonly GroupInput[] = [
  ...[
    candlesTopic,
    newsTopic,
    sentimentTopic,
    newsDuplicatesTopic,
    featuresTopic,
    examplesTopic,
    predictionsTopic,
    deadLettersTopic,
  ].map((topic) => ({ groupId: CLICKHOUSE_GROUP, topic: topic.name })),
  ...[featuresTopic, newsTopic, sentimentTopic].map((topic) => ({
    groupId: REDIS_GROUP,
    topic: topic.name,
  })),
]

const MODEL_LIVE_MS = 120_000
const MODEL_LIVE_LOOK_MS = 200

/**
 * Steps 2 to 5. A summary is given when all that was produced is in the stores; of an endless input
 * that is before its live part, which then goes on until the signal.
 */
export async function runMainJob(
  context: RunContext,
  input: MarketInput,
  onSummary: (summary: Summary) => void,
): Promise<void> {
  const { reporter, signal } = context
  const rates = new Rates(input)
  const news = new NewsScoring(context, input)
  const newsScored = async () => {
    await news.scored()
    // The rates are of candles, and none has come yet.
    rates.phaseEnded('news')
  }
  const summarise = async (model: LiveModel) =>
    onSummary(await countRun(context, input, { model, noModel: news.noModel, rates }))
  await input.produceHistory(signal, newsScored)
  await settle(context, [FEATURES, LABELS])
  rates.phaseEnded('history to labels')
  const model = await liveModel(context, input.instrument)
  rates.phaseEnded('training')
  if (input.endless) {
    await settle(context, [SCORER, ...SINKS])
    await summarise(model)
    reporter.line('Live; predictions stream to the page until Ctrl-C.')
    await input.produceRest(signal, newsScored)
    return
  }
  await input.produceRest(signal, newsScored)
  await settle(context, [FEATURES, LABELS, SCORER, ...SINKS])
  rates.phaseEnded('rest to predictions and stores')
  await summarise(model)
}

/** Step 3: the model of this instrument, trained now if there is none, and live at the server. */
async function liveModel(context: RunContext, instrument: string): Promise<LiveModel> {
  const { reporter } = context
  const earlier = await modelFor(context, instrument)
  if (earlier === undefined) {
    await settled(context, examplesTopic.name)
    await trainInChild(context, instrument)
    await settled(context, modelVersionsTopic.name)
  }
  const model = earlier ?? (await modelFor(context, instrument))
  if (model === undefined)
    throw new CandlewireError('NO_MODEL', 'Training ended and published no model')
  await waitUntilLive(context, model)
  const { modelName, version, algorithm } = model.version
  const origin = earlier === undefined ? 'trained on what came so far' : 'from an earlier run'
  const place =
    model.role === 'champion'
      ? 'is live as champion'
      : 'is live as shadow (it has not beaten the zero forecast: no edge is claimed)'
  reporter.line(`Model ${modelName} ${version} (${algorithm}) ${place}, ${origin}`)
  return model
}

async function settle(context: RunContext, inputs: readonly GroupInput[]): Promise<void> {
  const { admin, reader, signal, reporter } = context
  const startedAt = performance.now()
  await catchUp(inputs, {
    admin,
    reader,
    signal,
    onProgress: ({ groupId, topic }, offsets) =>
      reporter.progress(
        `${groupId} has ${offsets.toLocaleString('en-US')} offsets of ${topic} to go (${secondsSince(startedAt)} s)`,
      ),
  })
}

const secondsSince = (startedAt: number): number =>
  Math.round((performance.now() - startedAt) / 1000)

/** The champion, or else the shadow, if it was trained on this instrument. */
async function modelFor(
  { reader, codecs }: RunContext,
  instrument: string,
): Promise<LiveModel | undefined> {
  const registry = await readModelRegistry(reader, codecs)
  for (const role of ANSWERING) {
    const version = versionOf(registry, MODEL_NAME, role)
    if (version?.instruments.includes(instrument) === true) return { version, role }
  }
  return undefined
}

async function waitUntilLive(
  { serverUrl, signal, reporter }: RunContext,
  { version: model }: LiveModel,
): Promise<void> {
  const startedAt = performance.now()
  const deadline = Date.now() + MODEL_LIVE_MS
  let seen = 'no answer'
  while (Date.now() < deadline) {
    reporter.progress(
      `waiting for the server to swap in ${model.modelName} ${model.version} (now: ${seen}; ${secondsSince(startedAt)} s)`,
    )
    const live = await liveVersions(serverUrl, signal)
    if (live.includes(`${model.modelName}/${model.version}`)) return
    seen = live.join(', ')
    await delay(MODEL_LIVE_LOOK_MS, undefined, { signal })
  }
  throw new CandlewireError(
    'SERVICE_NOT_READY',
    `The server at ${serverUrl} did not swap in ${model.modelName} ${model.version} within ${MODEL_LIVE_MS / 1000} s`,
  )
}

/** What has a role at the server, as `name/version`; in words while there is none or no answer. */
async function liveVersions(serverUrl: string, signal: AbortSignal): Promise<string[]> {
  try {
    const response = await fetch(`${serverUrl}/health`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(2_000)]),
    })
    const { models } = (await response.json()) as { models: { name: string; version: string }[] }
    return models.length === 0 ? ['none'] : models.map(({ name, version }) => `${name}/${version}`)
  } catch (thrown) {
    signal.throwIfAborted()
    if (!(thrown instanceof Error)) throw thrown
    return ['no answer']
  }
}
