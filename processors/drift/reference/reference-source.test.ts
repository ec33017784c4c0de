import { createHash } from 'node:crypto'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { publishedModel } from '../../../test/support/published-model.ts'
import type { ModelArtifact, ModelRegistryEntry } from '../../../schemas/generated.ts'
import { offlineCodecs } from '../../../streams/codec.ts'
import type { RawRecord } from '../../../streams/partition-reader.ts'
import { modelArtifactsTopic, modelVersionsTopic } from '../../../streams/topics.ts'
import { makeReferenceProfile } from '../../models/make-reference-profile.ts'
import { encodeReferenceProfile } from '../../models/reference-profile-codec.ts'
import { aliasEntry, versionEntry } from '../../models/registry-entries.ts'
import { ReferenceSource } from './reference-source.ts'

const codecs = offlineCodecs([modelVersionsTopic, modelArtifactsTopic])

/** The two topics as arrays. */
function log() {
  const records: Record<string, RawRecord[]> = {
    [modelVersionsTopic.name]: [],
    [modelArtifactsTopic.name]: [],
  }
  const append = (topic: string, key: string, value: Buffer): number => {
    const list = records[topic]!
    const offset = list.length
    list.push({ partition: 0, offset, timestampMs: 0, key: Buffer.from(key), value })
    return offset
  }
  return {
    entry: (entry: ModelRegistryEntry) =>
      append(modelVersionsTopic.name, entry.key, codecs.of(modelVersionsTopic).encode(entry)),
    artifact: (artifact: ModelArtifact) =>
      append(
        modelArtifactsTopic.name,
        artifact.sha256,
        codecs.of(modelArtifactsTopic).encode(artifact),
      ),
    reader: {
      beginningOffset: () => Promise.resolve(0),
      endOffset: (topic: string) => Promise.resolve(records[topic]!.length),
      async *read(topic: string, _partition: number, from: number, to: number) {
        await Promise.resolve()
        if (from < to) yield records[topic]!.slice(from, to)
      },
    },
  }
}

interface Unusual {
  readonly digest?: string
  readonly calibration?: Readonly<Record<string, readonly number[]>>
}

function setUp() {
  const kafka = log()
  const said: string[] = []
  const source = new ReferenceSource({
    reader: kafka.reader,
    codecs,
    logger: pino({ level: 'warn' }, { write: (line: string) => said.push(line) }),
    modelName: 'forward_return_30',
  })
  const publish = (
    n: number,
    columns: readonly string[],
    { digest, calibration }: Unusual = {},
  ) => {
    const rows = 30
    const training = {
      columns,
      rows,
      matrix: Float32Array.from({ length: rows * columns.length }, (_, i) => i + n),
      predictions: new Float64Array(rows),
      labels: new Float64Array(rows).fill(2),
      eventTimeMs: Float64Array.from({ length: rows }, (_, row) => row),
    }
    const profile = makeReferenceProfile(training, calibration)
    const content = Buffer.from(encodeReferenceProfile(profile))
    const sha256 = createHash('sha256').update(content).digest('hex')
    const format = 'reference-profile'
    const profileOffset = kafka.artifact({ sha256, format, eventTimeMs: 0, content })
    const profileSha256 = digest ?? sha256
    const { version } = publishedModel(n, { profileSha256, profileOffset })
    kafka.entry(versionEntry(version, 0))
    return version
  }
  const point = (alias: string, version: { modelName: string; version: string }) =>
    kafka.entry(
      aliasEntry(
        {
          modelName: version.modelName,
          alias,
          version: version.version,
          weight: 1,
          reason: 'test',
        },
        0,
      ),
    )
  return { source, publish, point, said }
}

describe('ReferenceSource', () => {
  it('follows the shadow until there is a champion, and rises with every change', async () => {
    const { source, publish, point } = setUp()
    expect(await source.latest()).toBeUndefined()
    const first = publish(1, ['return_1'])
    expect(await source.latest()).toBeUndefined()
    point('shadow', first)
    const shadow = await source.latest()
    expect(shadow?.identity).toMatchObject({ modelVersion: '1.1.0', instruments: ['SPX500_USD'] })
    expect(shadow?.meanSquaredError).toBe(4)
    expect(await source.latest()).toBe(shadow)
    point('champion', publish(2, ['return_1', 'close_vwap_ratio']))
    const champion = await source.latest()
    expect(champion?.identity.modelVersion).toBe('1.2.0')
    expect(champion!.identity.epoch).toBeGreaterThan(shadow!.identity.epoch)
    const recalled = await source.recall(shadow!.identity)
    expect(recalled.index.distinct).toEqual(shadow!.index.distinct)
  })

  it('goes on with the reference before where a profile cannot be used', async () => {
    const { source, publish, point } = setUp()
    point('champion', publish(1, ['return_1']))
    const good = await source.latest()
    point('champion', publish(2, ['return_1'], { digest: 'not its digest' }))
    expect(await source.latest()).toBe(good)
    point('champion', publish(3, ['no_such_column']))
    expect(await source.latest()).toBe(good)
    expect(good?.identity.modelVersion).toBe('1.1.0')
  })

  it('uses a profile whose calibration is of an earlier format without it, and says so', async () => {
    const { source, publish, point, said } = setUp()
    const calibration = { 'window.vectors': [1_440], 'family.day_maxima': [3, 2, 1] }
    point('champion', publish(1, ['return_1'], { calibration }))
    expect(await source.latest()).toMatchObject({ calibration: undefined })
    expect(said.join()).toContain('of an earlier format: fixed thresholds apply until')
  })
})
