/** Starts the drift processors with the reference of the live model as it is in Kafka. */
import type { Codecs } from '../../streams/codec.ts'
import type { Config } from '../../streams/config.ts'
import type { KafkaClient } from '../../streams/kafka.ts'
import type { Logger } from '../../streams/log.ts'
import { PartitionReader } from '../../streams/partition-reader.ts'
import { runGroup, type RunningGroup } from '../runtime/group-runner.ts'
import type { StepContext } from '../runtime/processor.ts'
import type { Work } from '../runtime/work.ts'
import { driftProcessor } from './drift-processor.ts'
import { driftSettings } from './drift-settings.ts'
import { outcomeDriftProcessor } from './outcomes/outcome-drift-processor.ts'
import type { DriftReference, ReferenceIdentity } from './reference/drift-reference.ts'
import { ReferenceSource } from './reference/reference-source.ts'

export interface DriftOptions {
  readonly config: Config
  readonly kafka: KafkaClient
  readonly codecs: Codecs
  readonly logger: Logger
}

/** The inputs of the model. */
export const startDrift = (options: DriftOptions): Promise<RunningGroup> =>
  start(options, 'drift', (context) => driftProcessor(driftSettings(options.config), context))

/** Its answers, the labels and its errors. */
export const startDriftOutcomes = (options: DriftOptions): Promise<RunningGroup> =>
  start(options, 'drift-outcomes', (context) =>
    outcomeDriftProcessor(driftSettings(options.config), context),
  )

type States = { readonly reference: ReferenceIdentity | undefined }

async function start(
  options: DriftOptions,
  name: string,
  workOf: (context: StepContext<DriftReference, States>) => Work,
): Promise<RunningGroup> {
  const { config, codecs, logger } = options
  const reader = new PartitionReader(config, `${name}-reference`, logger)
  await reader.connect()
  const modelName = config.driftModel
  const source = new ReferenceSource({ reader, codecs, logger, modelName })
  const context: StepContext<DriftReference, States> = {
    latest: () => source.latest(),
    identityOf: ({ identity }) => identity,
    identityIn: ({ reference }) => reference,
    recall: (identity) => source.recall(identity as ReferenceIdentity),
  }
  try {
    const group = await runGroup({ ...options, work: workOf(context) })
    return {
      failed: group.failed,
      stats: () => group.stats(),
      stop: async () => {
        await group.stop()
        await reader.disconnect()
      },
    }
  } catch (thrown) {
    await reader.disconnect()
    throw thrown
  }
}
