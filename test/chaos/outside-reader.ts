/** Starts the outside reader beside a stack, and asks it for its report at the end. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { nodeProgram } from '../../bin/stack/node-program.ts'
import { until } from '../support/kafka-client.ts'
import { COMPARED_TOPICS, type RawPartition } from './published-state.ts'
import type { WatcherReport } from './watcher.ts'

/** What may come once, and what is in order of time within an instrument, by topic. */
const BOOKS: Readonly<Record<string, string>> = {
  'news.v1': 'articleId',
  'sentiment.v1': 'instrument,articleId',
  'news-duplicates.v1': 'instrument,articleId',
  'candles.v1': 'instrument,openTimeMs:openTimeMs',
  'features.v1': 'instrument,openTimeMs:eventTimeMs',
  'examples.v1': 'instrument,openTimeMs:openTimeMs',
  'predictions.v1': 'predictionId:eventTimeMs',
  'outcomes.v1': 'predictionId',
  'model-quality.v1': 'instrument,modelName,modelVersion,windowMinutes,eventTimeMs:eventTimeMs',
  'drift.v1': 'instrument,feature,measure,eventTimeMs',
  'drift-summaries.v1': 'instrument,eventTimeMs:eventTimeMs',
  'dead-letters.v1': 'sourceTopic,sourcePartition,sourceOffset,code',
}
const CAUGHT_UP_MS = 180_000
const END_MS = 60_000

export class OutsideReader {
  private readonly child: ChildProcess
  private records = 0
  private reported: WatcherReport | undefined
  private ended = false

  constructor(brokers: string) {
    const books = COMPARED_TOPICS.map(
      ({ name, schemaFile }) => `${name}=${schemaFile}=${BOOKS[name] ?? ''}`,
    )
    const { command, args } = nodeProgram('test/chaos/watcher', [brokers, ...books])
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.child.once('exit', () => (this.ended = true))
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      if (line.startsWith('records ')) this.records = Number(line.slice(8))
      if (line.startsWith('report ')) this.reported = JSON.parse(line.slice(7)) as WatcherReport
    })
  }

  /** What it has found wrong, itself and in comparison with our own reading of the log. */
  async faults(raw: readonly RawPartition[]): Promise<{ faults: string[]; records: number }> {
    const expected = raw.reduce((sum, each) => sum + each.records, 0)
    await until(
      `the outside reader to have ${expected} records`,
      () => this.ended || this.records >= expected,
      CAUGHT_UP_MS,
    ).catch(() => undefined)
    this.child.stdin?.end()
    await until('the report of the outside reader', () => this.reported !== undefined, END_MS)
    const { faults, faultsTotal, partitions } = this.reported!
    const found = faults.map((each) => `outside reader: ${each}`)
    if (faultsTotal > faults.length) found.push(`outside reader: ${faultsTotal} faults in all`)
    for (const { topic, partition, records, sha256 } of raw) {
      const seen = partitions.find((each) => each.topic === topic && each.partition === partition)
      if (records === 0 && seen === undefined) continue
      if (seen?.records !== records || seen.sha256 !== sha256)
        found.push(
          `outside reader: ${topic}/${partition} has ${seen?.records ?? 0} records instead of ${records}, or other ones`,
        )
    }
    return { faults: found, records: this.records }
  }

  kill(): void {
    if (!this.ended) this.child.kill('SIGKILL')
  }
}
