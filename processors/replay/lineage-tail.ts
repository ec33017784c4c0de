/**
 * Tells whether a published vector comes from a candle, and from the articles before a cut, by its last
 * bytes: lineage is the last field, so what it says is known without reading the 119 values before it.
 */
import type { PublishedVector } from './published-vectors.ts'
import { AvroWriter } from './avro-writer.ts'
import { writeLineage } from './vector-encoder.ts'
import { lineageOf } from '../features/vector-writer.ts'
import { candlesTopic } from '../../streams/topics.ts'

export class LineageTail {
  private readonly partition: number
  private readonly writer = new AvroWriter(0)

  constructor(partition: number) {
    this.partition = partition
  }

  /**
   * @param cut first sentiment offset that the vector could not know.
   * @returns false also where only reading the vector can tell.
   */
  matches({ bytes }: PublishedVector, candleOffset: number, cut: number): boolean {
    const { writer, partition } = this
    writer.restart()
    const record = {
      topic: candlesTopic.name,
      partition,
      offset: candleOffset,
      sideNextOffset: cut,
    }
    writeLineage(writer, lineageOf(record, candleOffset))
    const tail = writer.body()
    const from = bytes.length - tail.length
    return from > 0 && bytes.compare(tail, 0, tail.length, from) === 0
  }
}
