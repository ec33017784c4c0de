/** A follower of model versions without broker or files. */
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import type { ModelRegistryEntry, ModelVersion } from '../../schemas/generated.ts'
import { ModelFollower, type FollowerOptions } from '../../serving/models/model-follower.ts'
import type { Role } from '../../serving/models/route-table.ts'
import type { ScoringModel } from '../../serving/models/scoring-model.ts'
import { offlineCodecs } from '../../streams/codec.ts'
import type { RawRecord } from '../../streams/partition-reader.ts'
import { modelVersionsTopic } from '../../streams/topics.ts'
import { MODEL } from './published-model.ts'

const codecs = offlineCodecs([modelVersionsTopic])
const codec = codecs.of(modelVersionsTopic)

/** model-versions.v1 as an array that can grow while it is followed. */
export class FakeTopic {
  readonly records: RawRecord[] = []

  append(...entries: ModelRegistryEntry[]): this {
    for (const entry of entries) this.raw(codec.encode(entry), entry.key)
    return this
  }

  raw(value: Buffer | null, key = 'k'): this {
    this.records.push({
      partition: 0,
      offset: this.records.length,
      timestampMs: 0,
      key: Buffer.from(key),
      value,
    })
    return this
  }

  reader(): FollowerOptions['reader'] {
    const { records } = this
    return {
      beginningOffset: () => Promise.resolve(0),
      endOffset: () => Promise.resolve(records.length),
      async *read(_topic, _partition, from, to) {
        for (const record of records.slice(from, to)) yield await Promise.resolve([record])
      },
      async *follow(_topic, _partition, from, signal) {
        for (let next = from; !signal.aborted;) {
          const record = records[next]
          if (record === undefined) {
            await delay(2)
            continue
          }
          next += 1
          yield [record]
        }
      },
    }
  }
}

export interface FakeModel extends ScoringModel {
  readonly die: (cause: Error) => void
}

const fakeModel = (version: ModelVersion, closed: string[]): FakeModel => {
  let die: (cause: Error) => void = () => undefined
  const died = new Promise<Error>((resolve) => {
    die = resolve
  })
  return {
    version,
    died,
    die,
    score: () => Promise.resolve(new Float64Array(1)),
    close: () => {
      closed.push(version.version)
      return Promise.resolve()
    },
  }
}

const running: ModelFollower[] = []

/** Stops every follower that a test began. */
export async function stopFollowers(): Promise<void> {
  for (const follower of running.splice(0)) await follower.stop()
}

/** A follower of the topic with models that only say that they were loaded and closed. */
export function follow(
  topic: FakeTopic,
  behaviour: (version: ModelVersion) => Promise<void> = () => Promise.resolve(),
  overrides: Partial<FollowerOptions> = {},
) {
  const seen = {
    attempts: [] as string[],
    loaded: [] as string[],
    refused: [] as string[],
    retired: [] as string[],
    closed: [] as string[],
  }
  const models: FakeModel[] = []
  const options: FollowerOptions = {
    isServed: () => true,
    defaultModel: MODEL,
    versionsMax: 4,
    reader: topic.reader(),
    codecs,
    logger: pino({ level: 'silent' }),
    loader: {
      load: async (version) => {
        seen.attempts.push(version.version)
        await behaviour(version)
        const model = fakeModel(version, seen.closed)
        models.push(model)
        return model
      },
    },
    notices: {
      loaded: ({ version }) => {
        seen.loaded.push(version)
        return Promise.resolve()
      },
      refused: ({ version }, check) => {
        seen.refused.push(`${version} ${check}`)
        return Promise.resolve()
      },
      retired: ({ version }) => {
        seen.retired.push(version)
        return Promise.resolve()
      },
    },
    listener: {
      loaded: () => undefined,
      rerouted: () => undefined,
      refused: () => undefined,
      threadDied: () => undefined,
    },
    ...overrides,
  }
  const follower = new ModelFollower(options)
  running.push(follower)
  follower.start()
  const holder = (role: Role, modelName = MODEL): string | undefined =>
    follower.fleet.holderOf(modelName, role)?.version.version
  return {
    follower,
    notices: options.notices,
    seen,
    models,
    holder,
    live: () => holder('champion'),
  }
}
