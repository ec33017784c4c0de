/** The trainer on the real broker with the real LightGBM: what is published verifies and repeats. */
import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureArtefact } from '../../bin/stack/artefacts.ts'
import { versionOf } from '../../processors/models/model-registry.ts'
import { stageOf } from '../../processors/models/model-stages.ts'
import { readModelRegistry, readRegistryState } from '../../processors/models/read-registry.ts'
import { newRun } from '../../processors/runs/run-records.ts'
import { targetNamed } from '../../processors/runs/training-target.ts'
import type { ModelEvent } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { connectFenced } from '../../streams/connect-fenced.ts'
import { createProducer } from '../../streams/kafka.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import {
  examplesTopic,
  modelArtifactsTopic,
  modelEventsTopic,
  modelVersionsTopic,
} from '../../streams/topics.ts'
import { publishModels } from '../../training/publish-models.ts'
import { executeRun } from '../../training/runs/execute-run.ts'
import { train, type TrainingResult } from '../../training/train.ts'
import { runTrainingProcess } from '../../training/worker/training-process.ts'
import { readSettledTopic, settled, testClients } from '../support/kafka-client.ts'
import { JOB_DEFAULTS } from '../support/training-job.ts'
import {
  syntheticExamples,
  writeSyntheticSpool,
  type SyntheticOptions,
} from '../support/synthetic-examples.ts'

const { config, logger, kafka, reader } = testClients({})
const unique = randomUUID().slice(0, 8)
const modelName = `train_test_${unique}`
let codecs: Codecs
let nativeLibraryPath: string

async function produceExamples(options: SyntheticOptions): Promise<void> {
  const producer = createProducer(kafka)
  await producer.connect()
  const codec = codecs.of(examplesTopic)
  const messages = [...syntheticExamples(options)].map((value) => ({
    key: examplesTopic.keyOf(value),
    value: codec.encode(value),
  }))
  for (let from = 0; from < messages.length; from += 500) {
    await producer.send({ topic: examplesTopic.name, messages: messages.slice(from, from + 500) })
  }
  await producer.disconnect()
}

const run = (instrument: string) =>
  train({
    ...{ config, kafka, codecs, logger, instrument, modelName, rounds: 60, trials: 0 },
    libraries: { lightgbm: nativeLibraryPath },
    algorithms: ['ar7_ridge', 'lightgbm'],
  })

async function eventsOfModel(): Promise<Pick<ModelEvent, 'version' | 'kind'>[]> {
  const codec = codecs.of(modelEventsTopic)
  const records = (await readSettledTopic(reader, modelEventsTopic.name)).flat()
  return records
    .map(({ value }) => codec.decode(value))
    .filter((event) => event.modelName === modelName)
    .map(({ version, kind }) => ({ version, kind }))
}

/** Of the only partition. */
async function recordsFrom(topic: string, from: number, to: number): Promise<RawRecord[]> {
  const records: RawRecord[] = []
  for await (const batch of reader.read(topic, 0, from, to)) records.push(...batch)
  return records
}

beforeAll(async () => {
  await reader.connect()
  codecs = await connectCodecs(config)
  nativeLibraryPath = await ensureArtefact(config, 'lightgbm')
  await produceExamples({ rows: 3_000, instrument: `SIGNAL_${unique}` })
  await produceExamples({ rows: 3_000, instrument: `NOISE_${unique}`, signal: 0 })
  await produceExamples({ rows: 100, instrument: `FEW_${unique}` })
})
afterAll(() => reader.disconnect())

describe('train', () => {
  let first: TrainingResult

  it('finds a planted signal and publishes both models, the better one as champion', async () => {
    // The same keys once more: only the last value per key counts.
    await produceExamples({ rows: 50, instrument: `SIGNAL_${unique}` })
    first = await run(`SIGNAL_${unique}`)
    expect(first.examples).toEqual({
      read: 3_050,
      dropped: { superseded: 50, warm_up: 1, purged: 240 },
      used: 2_759,
    })
    expect(first.candidates.map(({ version, algorithm }) => [version, algorithm])).toEqual([
      ['1.0.0', 'ar7_ridge'],
      ['1.1.0', 'lightgbm'],
    ])
    expect(first.selected).toMatchObject({
      algorithm: 'lightgbm',
      beatsZeroForecast: true,
      parent: null,
    })
    expect(first.selected.trainedUntilMs).toBe(Date.UTC(2024, 0, 2) + (2_999 + 31) * 60_000)
    expect(first.selected.lineage.every(({ topic }) => topic === examplesTopic.name)).toBe(true)

    await settled(reader, modelVersionsTopic.name)
    const registry = await readModelRegistry(reader, codecs)
    expect(versionOf(registry, modelName, 'champion')).toEqual(first.selected)
    expect(await eventsOfModel()).toEqual([
      { version: '1.0.0', kind: 'published' },
      { version: '1.1.0', kind: 'published' },
      { version: '1.0.0', kind: 'staged' },
      { version: '1.1.0', kind: 'staged' },
      { version: '1.1.0', kind: 'promoted' },
      { version: '1.1.0', kind: 'aliased' },
    ])
    expect(stageOf(registry, modelName, '1.0.0')).toBe('staging')
    expect(stageOf(registry, modelName, '1.1.0')).toBe('production')
    expect(first.alias).toBe('champion')
  })

  it('publishes artifacts that hash, load and answer as the version says, bit for bit', async () => {
    for (const version of first.candidates) {
      const [record] = await recordsFrom(
        modelArtifactsTopic.name,
        version.artifactOffset,
        version.artifactOffset + 1,
      )
      const artifact = codecs.of(modelArtifactsTopic).decode(record?.value ?? null)
      expect(record?.key?.toString()).toBe(version.artifactSha256)
      expect(createHash('sha256').update(artifact.content).digest('hex')).toBe(
        version.artifactSha256,
      )
      expect(artifact.content.length).toBe(version.artifactBytes)

      const session = await InferenceSession.create(artifact.content, { intraOpNumThreads: 1 })
      const inputs = Float32Array.from(version.goldenInputs.flat())
      expect(inputs.some(Number.isNaN)).toBe(true)
      const shape = [version.goldenInputs.length, version.inputColumns.length]
      const { prediction } = await session.run({ input: new Tensor('float32', inputs, shape) })
      expect(prediction?.dims).toEqual([16])
      expect([...(prediction?.data as Float64Array)]).toEqual(version.goldenOutputs)
      await session.release()
    }
    const [ridge, trees] = first.candidates
    expect(trees?.certificate).toMatchObject({ differentRows: 0, worstDifference: 0 })
    expect(trees?.certificate.adversarialRows).toBeGreaterThan(5_000)
    expect(ridge?.certificate.worstDifference).toBeLessThanOrEqual(1e-12)
  })

  it('publishes nothing twice for the same examples', async () => {
    const before = await reader.endOffset(modelVersionsTopic.name, 0)
    const again = await run(`SIGNAL_${unique}`)
    expect(again.candidates).toEqual(first.candidates)
    const after = await reader.endOffset(modelVersionsTopic.name, 0)
    expect(await recordsFrom(modelVersionsTopic.name, before, after)).toEqual([])
  })

  it('claims nothing where there is nothing to find', async () => {
    const { selected, candidates, alias, reasons } = await run(`NOISE_${unique}`)
    expect(alias).toBe('shadow')
    expect(reasons.join(' ')).toContain('not proved to be more than luck')
    expect(candidates.map(({ version, parent }) => [version, parent])).toEqual([
      ['1.2.0', '1.1.0'],
      ['1.3.0', '1.1.0'],
    ])
    for (const split of selected.metrics.slice(1))
      expect(Math.abs(split.r2VsZero)).toBeLessThan(0.05)
    for (const { gate, selectionNotes } of candidates) {
      expect(gate?.passed).toBe(false)
      expect(selectionNotes.join(' ')).toContain('no edge over the zero forecast may be claimed')
    }
  })

  it('keeps a folder with everything a run came to, and a page to read it by', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'candlewire-kept-'))
    const producer = createProducer(kafka)
    await producer.connect()
    const request = {
      ...targetNamed('forward_return_30'),
      modelName: `kept_${unique}`,
      instrument: `SIGNAL_${unique}`,
      trials: 0,
    }
    const times = { requestedAtMs: 0, trigger: 'manual', actor: 'test', reason: 'test' }
    const run = newRun({
      ...request,
      ...times,
      runId: `kept-${unique}`,
      algorithms: ['ar7_ridge', 'xgboost'],
    })
    const outcome = await executeRun(
      run,
      { config: { ...config, dataDir: folder }, kafka, codecs, logger, producer, libraries: {} },
      {
        signal: new AbortController().signal,
        timeLimitMs: 120_000,
        onProgress: () => undefined,
        mayPublish: () => Promise.resolve(),
      },
    )
    await producer.disconnect()
    expect(outcome).toMatchObject({
      kind: 'succeeded',
      facts: { folder: join('runs', run.runId), algorithm: 'ar7_ridge' },
    })
    expect(outcome.facts.reasons?.at(-1)).toMatch(/^xgboost was left out/)
    const kept = join(folder, 'runs', run.runId)
    expect((await readdir(kept, { recursive: true })).sort()).toEqual(
      expect.arrayContaining(['manifest.json', 'models/ar7_ridge.onnx', 'quality.json']),
    )
    const page = await readFile(join(kept, 'report.html'), 'utf8')
    for (const text of ['1. ar7_ridge', 'xgboost was left out', 'Equity of the backtest'])
      expect(page).toContain(text)
    await rm(folder, { recursive: true })
  })

  it('gives way to a newer trainer of the same model', async () => {
    const older = createProducer(kafka, `trainer-${modelName}`)
    await connectFenced(older)
    const newer = createProducer(kafka, `trainer-${modelName}`)
    await connectFenced(newer)
    const models = first.candidates.map((version) => ({
      version: { ...version, datasetDigest: 'other' },
      onnx: new Uint8Array(),
      profile: null,
      isSelected: true,
    }))
    const state = await readRegistryState(reader, codecs)
    await expect(
      publishModels({ producer: older, codecs, state, logger }, models, {
        eventTimeMs: 0,
        decidedAtMs: 0,
      }),
    ).rejects.toMatchObject({ code: 'FENCED' })
    await Promise.all([older.disconnect(), newer.disconnect()])
    expect(await eventsOfModel()).toHaveLength(11)
  })

  it('refuses to train on too few examples and publishes nothing', async () => {
    await expect(run(`FEW_${unique}`)).rejects.toMatchObject({
      code: 'TRAINING_DATA_INSUFFICIENT',
      details: { usable: 99 },
    })
    await expect(run(`NONE_${unique}`)).rejects.toMatchObject({
      code: 'TRAINING_DATA_INSUFFICIENT',
      details: { usable: 0 },
    })
    expect(await eventsOfModel()).toHaveLength(11)
  })
})

describe('runTrainingProcess', () => {
  it('makes the same bytes of the same examples, whatever the number of threads is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'candlewire-train-'))
    const spool = await writeSyntheticSpool(folder, { rows: 2_000 })
    const digests = []
    for (const threads of [1, 2]) {
      const { candidates, datasetDigest } = await runTrainingProcess(
        {
          ...JOB_DEFAULTS,
          spool,
          libraries: { lightgbm: nativeLibraryPath },
          rounds: 40,
          threads,
        },
        { onProgress: () => undefined, timeoutMs: 120_000 },
      )
      digests.push([
        datasetDigest,
        ...candidates.map(({ onnx }) => createHash('sha256').update(onnx).digest('hex')),
      ])
    }
    await rm(folder, { recursive: true })
    expect(digests[1]).toEqual(digests[0])
  })
})
