/** Examples of a candle file without a broker: the steps of the features and labels processors, one after the other. */
import { featureSet, referenceTo } from '../../processors/features/feature-sets.ts'
import { featuresProcessor } from '../../processors/features/features-processor.ts'
import { everyInstrument } from '../../processors/instruments/instruments.ts'
import { labelsProcessor } from '../../processors/labels/labels-processor.ts'
import { KeyedState } from '../../processors/runtime/keyed-state.ts'
import type { Example, Features } from '../../schemas/generated.ts'
import type { Config } from '../../streams/config.ts'
import { readCandleFile } from '../../streams/sources/candle-file.ts'
import { candlesTopic, examplesTopic, featuresTopic } from '../../streams/topics.ts'
import { ExampleSpool, type SpoolIndex } from '../../training/examples/example-spool.ts'

const PARTITION = 0

/** @param folder exists and is empty. @throws CandlewireError FILE_UNREADABLE, FORMAT_UNKNOWN */
export async function spoolCandleFile(
  path: string,
  config: Config,
  columns: readonly string[],
  folder: string,
): Promise<SpoolIndex> {
  const features = new KeyedState(featuresProcessor(everyInstrument(config)))
  const labels = new KeyedState(labelsProcessor())
  const spool = await ExampleSpool.create(folder, columns)
  const reference = referenceTo(featureSet(config.featureSet))
  const at = { candle: 0, vector: 0 }
  const { instrument } = config
  for await (const rows of readCandleFile({ path, instrument, format: 'auto' })) {
    for (const row of rows) {
      if (row.kind !== 'candle') continue
      const candle = { topic: candlesTopic.name, partition: PARTITION, offset: at.candle }
      at.candle += 1
      for (const made of features.apply({ ...candle, value: row.candle })) {
        if (made.topic !== featuresTopic) continue
        const vector = { topic: featuresTopic.name, partition: PARTITION, offset: at.vector }
        at.vector += 1
        for (const { topic, value } of labels.apply({ ...vector, value: made.value as Features }))
          if (topic === examplesTopic) await spool.add(value as Example, reference)
      }
    }
  }
  return spool.finish()
}
