/** The scheduler on the real broker: a request becomes one run, whoever of two schedulers lives. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readSinglePartition } from '../../processors/models/read-registry.ts'
import { targetNamed } from '../../processors/runs/training-target.ts'
import type { TrainingRequest, TrainingRun } from '../../schemas/generated.ts'
import type { Codecs } from '../../streams/codec.ts'
import { createProducer } from '../../streams/kafka.ts'
import { connectCodecs } from '../../streams/schema-registry.ts'
import { alertsTopic, trainingRequestsTopic, trainingRunsTopic } from '../../streams/topics.ts'
import { runScheduler } from '../../training/scheduler/run-scheduler.ts'
import { readSettledTopic, testClients, until } from '../support/kafka-client.ts'

const folder = await mkdtemp(join(tmpdir(), 'candlewire-scheduler-'))
const { config, logger, kafka, reader } = testClients({
  CANDLEWIRE_DATA_DIR: folder,
  TRAINING_CRON: '',
})
let codecs: Codecs

beforeAll(async () => {
  await reader.connect()
  codecs = await connectCodecs(config)
})
afterAll(async () => {
  await reader.disconnect()
  await rm(folder, { recursive: true, force: true })
})

async function ask(requestId: string): Promise<void> {
  const producer = createProducer(kafka)
  await producer.connect()
  const request: TrainingRequest = {
    ...{ requestId, requestedAtMs: Date.now(), trigger: 'manual', actor: 'test', reason: 'test' },
    ...{ ...targetNamed('direction_60'), instrument: requestId, algorithms: ['ar7_ridge'] },
  }
  const value = codecs.of(trainingRequestsTopic).encode(request)
  const message = { key: requestId, value }
  // Twice: the first record of an id counts.
  await producer.send({ topic: trainingRequestsTopic.name, messages: [message, message] })
  await producer.disconnect()
}

async function recordsOf(runId: string): Promise<TrainingRun[]> {
  const found: TrainingRun[] = []
  await readSinglePartition(reader, codecs, trainingRunsTopic, (run) => {
    if (run.runId === runId) found.push(run)
  })
  return found
}

const start = () =>
  runScheduler({ config, kafka, codecs, logger, libraries: () => Promise.resolve({}) })

it('runs a request once and says how it ended; a second scheduler stands by and takes over', async () => {
  const [first, second] = [await start(), await start()]
  const ids = [randomUUID(), randomUUID()].map((id) => `manual-${id}`)
  const refused = async (id: string) => (await recordsOf(id)).at(-1)?.status === 'refused'
  await ask(ids[0]!)
  await until('the first run to be refused for want of examples', () => refused(ids[0]!))
  const atWork = [first, second].map((each) => (each.stats() as { atWork: boolean }).atWork)
  expect(atWork.filter(Boolean)).toHaveLength(1)
  // Nobody has an instrument of this name: the data is not fit, and another attempt would find the same.
  const records = await recordsOf(ids[0]!)
  expect(records.at(-1)).toMatchObject({
    status: 'refused',
    attempt: 1,
    errorCode: 'TRAINING_DATA_INSUFFICIENT',
    modelName: 'direction_60',
  })
  // A busy machine says `starting` again as a sign of life; a second start would have another time.
  const startedAt = records
    .filter(({ stage }) => stage === 'starting')
    .map((run) => run.startedAtMs)
  expect(new Set(startedAt).size).toBe(1)
  const alerts = (await readSettledTopic(reader, alertsTopic.name))
    .flat()
    .map(({ value }) => codecs.of(alertsTopic).decode(value))
    .filter(({ labels }) => labels['runId'] === ids[0])
  expect(alerts.map(({ kind, subject, state }) => [kind, subject, state])).toEqual([
    ['training_failed', 'direction_60', 'firing'],
  ])
  const report = await readFile(join(folder, records.at(-1)!.folder!, 'report.html'), 'utf8')
  expect(report).toContain('No model.')
  expect(report).toContain('0 usable examples, at least 600 are needed')
  await (atWork[0] === true ? first : second).stop()
  await ask(ids[1]!)
  await until('the other scheduler to take over', () => refused(ids[1]!))
  await Promise.all([first.stop(), second.stop()])
}, 300_000)
