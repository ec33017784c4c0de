import { afterEach, describe, expect, it } from 'vitest'
import {
  championEntry,
  MODEL,
  publishedModel,
  versionEntry,
} from '../../test/support/published-model.ts'
import { FakeTopic, follow, stopFollowers } from '../../test/support/follow-models.ts'
import { until } from '../../test/support/kafka-client.ts'
import type { ModelRegistryEntry, ModelVersion } from '../../schemas/generated.ts'
import { aliasEntry } from '../../processors/models/registry-entries.ts'
import { CandlewireError } from '../../streams/errors.ts'
import type { Role } from './route-table.ts'
import { refusal } from './verify-model.ts'

afterEach(stopFollowers)

const v = (n: number, overrides: Partial<ModelVersion> = {}): ModelVersion =>
  publishedModel(n, overrides).version
const aliased = (version: ModelVersion, alias: Role, weight: number): ModelRegistryEntry => {
  const { modelName, version: target } = version
  return aliasEntry({ modelName, alias, version: target, weight, reason: 'test' }, 0)
}
const publish = (topic: FakeTopic, version: ModelVersion): FakeTopic =>
  topic.append(versionEntry(version), championEntry(version))
const refuse =
  (...versions: string[]) =>
  (version: ModelVersion): Promise<void> =>
    versions.includes(version.version) ? Promise.reject(refusal('sha256', 'no')) : Promise.resolve()

describe('the model follower', () => {
  it('loads only the newest champion of the history', async () => {
    const topic = new FakeTopic()
    for (let n = 0; n < 20; n += 1) publish(topic, v(n))
    const { follower, seen, live } = follow(topic)
    await follower.caughtUp
    expect([seen.attempts, seen.loaded, live()]).toEqual([['1.19.0'], ['1.19.0'], '1.19.0'])
  })

  it('is caught up with nothing when nothing was published', async () => {
    const { follower, live } = follow(new FakeTopic())
    await follower.caughtUp
    expect(live()).toBeUndefined()
  })

  it('swaps while it follows, closes the old, and goes back when the alias does', async () => {
    const topic = publish(new FakeTopic(), v(0))
    const { follower, seen, live } = follow(topic)
    await follower.caughtUp
    publish(topic, v(1))
    await until('version 1', () => live() === '1.1.0')
    publish(topic, v(2))
    await until('version 2', () => live() === '1.2.0')
    // The champion before stays loaded: going back to it is no load.
    await until('version 0 to be closed', () => seen.closed.length === 1)
    topic.append(championEntry(v(1)))
    await until('version 1 again', () => live() === '1.1.0')
    topic.append(championEntry(v(0)))
    await until('version 0 again', () => live() === '1.0.0')
    await until('all others to be closed', () => seen.closed.length === 2)
    expect(seen.closed).toEqual(['1.0.0', '1.2.0'])
    expect(seen.attempts).toEqual(['1.0.0', '1.1.0', '1.2.0', '1.0.0'])
    expect(seen.loaded).toEqual(['1.0.0', '1.1.0', '1.2.0', '1.1.0', '1.0.0'])
  })

  it('waits for a version whose alias came first', async () => {
    const topic = new FakeTopic().append(championEntry(v(7)))
    const { follower, seen, live } = follow(topic)
    await follower.caughtUp
    expect(live()).toBeUndefined()
    topic.append(championEntry(v(7)), versionEntry(v(7)))
    await until('version 7', () => live() === '1.7.0')
    // Told once, however often it is read.
    expect(seen.refused).toEqual(['1.7.0 unknown_version'])
  })

  it('goes on with the old model when the new one is refused, and tries it once', async () => {
    const topic = publish(new FakeTopic(), v(0))
    const { follower, seen, live } = follow(topic, refuse('1.1.0'))
    await follower.caughtUp
    publish(topic, v(1))
    await until('the refusal', () => seen.refused.length > 0)
    topic.append(championEntry(v(1)))
    publish(topic, v(2))
    await until('version 2', () => live() === '1.2.0')
    expect([seen.attempts, seen.refused]).toEqual([['1.0.0', '1.1.0', '1.2.0'], ['1.1.0 sha256']])
    expect(follower.isRefused(v(1))).toBe(true)
  })

  it('tries a refused version again when it is published with another file', async () => {
    const topic = publish(new FakeTopic(), v(1, { artifactOffset: 5 }))
    const { follower, live } = follow(topic, (version) =>
      version.artifactOffset === 5 ? refuse('1.1.0')(version) : Promise.resolve(),
    )
    await follower.caughtUp
    publish(topic, v(1, { artifactOffset: 6 }))
    await until('version 1', () => live() === '1.1.0')
  })

  it('starts with the version before a bad champion rather than with none', async () => {
    const topic = publish(publish(publish(new FakeTopic(), v(0)), v(1)), v(2))
    const { follower, seen, live } = follow(topic, refuse('1.1.0', '1.2.0'))
    await follower.caughtUp
    expect([seen.attempts, live()]).toEqual([['1.2.0', '1.1.0', '1.0.0'], '1.0.0'])
  })

  it('tries again when a load fails for another reason than the model', async () => {
    let failures = 2
    const { follower, seen, live } = follow(publish(new FakeTopic(), v(0)), () =>
      failures-- > 0
        ? Promise.reject(new CandlewireError('BROKER_FAILED', 'away'))
        : Promise.resolve(),
    )
    await follower.caughtUp
    expect([seen.attempts.length, seen.refused, live()]).toEqual([3, [], '1.0.0'])
  })

  it('loads a model again whose thread died', async () => {
    const { follower, seen, models, live } = follow(publish(new FakeTopic(), v(0)))
    await follower.caughtUp
    models[0]?.die(new Error('abort'))
    await until('the second load', () => models.length === 2 && live() === '1.0.0')
    expect(seen.loaded).toEqual(['1.0.0', '1.0.0'])
    models[1]?.die(new Error('abort'))
    await until('the third load', () => models.length === 3 && live() === '1.0.0')
    expect(follower.fleet.isRecovering()).toBe(false)
  })

  it('leaves out what it cannot read, and forgets what was deleted', async () => {
    const topic = publish(new FakeTopic(), v(0)).raw(Buffer.from('garbage'))
    publish(topic, v(1)).raw(null, `${MODEL}/1.0.0`)
    const { follower, live } = follow(topic)
    await follower.caughtUp
    expect([live(), [...follower.registry.versions.keys()]]).toEqual(['1.1.0', [`${MODEL}/1.1.0`]])
  })

  it('loads only the newest of what came while it was loading', async () => {
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const topic = publish(new FakeTopic(), v(0))
    const { follower, seen, live } = follow(topic, ({ version }) =>
      version === '1.1.0' ? held : Promise.resolve(),
    )
    await follower.caughtUp
    publish(topic, v(1))
    await until('the load of version 1', () => seen.attempts.includes('1.1.0'))
    for (let n = 2; n < 10; n += 1) publish(topic, v(n))
    await until(
      'the fold to have seen version 9',
      () => follower.registry.aliases.get(`${MODEL}@champion`)?.version === '1.9.0',
    )
    release()
    await until('version 9', () => live() === '1.9.0')
    expect(seen.attempts).toEqual(['1.0.0', '1.1.0', '1.9.0'])
  })

  it('gives every model name its champion, challenger and shadow, and takes them away', async () => {
    const topic = publish(new FakeTopic(), v(0))
    topic.append(versionEntry(v(1)), aliased(v(1), 'challenger', 0.1))
    topic.append(versionEntry(v(2)), aliased(v(2), 'shadow', 0))
    const other = v(0, { modelName: 'direction_60' })
    topic.append(versionEntry(other), aliased(other, 'shadow', 0))
    const { follower, seen, holder } = follow(topic)
    await follower.caughtUp
    const held = () => [
      holder('champion'),
      holder('challenger'),
      holder('shadow'),
      holder('shadow', 'direction_60'),
    ]
    expect(held()).toEqual(['1.0.0', '1.1.0', '1.2.0', '1.0.0'])
    // The challenger is promoted: a change of the table, no load.
    topic.append(championEntry(v(1))).raw(null, `${MODEL}@challenger`)
    await until('the promotion', () => holder('champion') === '1.1.0')
    await until('the end of the challenger', () => holder('challenger') === undefined)
    expect(held()).toEqual(['1.1.0', undefined, '1.2.0', '1.0.0'])
    expect(seen.attempts.length).toBe(4)
  })

  it('loads champions first and leaves out what has no room', async () => {
    const topic = new FakeTopic()
    for (const [n, name] of ['b', 'a', MODEL].entries()) {
      const [champion, shadow] = [v(n, { modelName: name }), v(n + 10, { modelName: name })]
      topic.append(versionEntry(shadow), aliased(shadow, 'shadow', 0))
      topic.append(versionEntry(champion), aliased(champion, 'champion', 1))
    }
    const { follower, seen } = follow(topic)
    await follower.caughtUp
    expect(seen.attempts).toEqual(['1.2.0', '1.1.0', '1.0.0', '1.12.0'])
    expect(follower.leftOut.map(({ modelName, role }) => [modelName, role])).toEqual([
      ['a', 'shadow'],
      ['b', 'shadow'],
    ])
  })

  it('leaves models alone that it does not serve', async () => {
    const topic = publish(publish(new FakeTopic(), v(0)), v(5, { modelName: 'other' }))
    const { follower, seen } = follow(topic, undefined, { isServed: (name) => name === MODEL })
    await follower.caughtUp
    expect(seen.attempts).toEqual(['1.0.0'])
  })

  it('leaves out a challenger that was refused, and a shadow likewise', async () => {
    const topic = publish(new FakeTopic(), v(0))
    topic.append(versionEntry(v(1)), aliased(v(1), 'challenger', 0.5))
    topic.append(versionEntry(v(2)), aliased(v(2), 'shadow', 0))
    const { follower, seen, holder } = follow(topic, refuse('1.1.0', '1.2.0'))
    await follower.caughtUp
    expect([holder('champion'), holder('challenger'), holder('shadow')]).toEqual([
      '1.0.0',
      undefined,
      undefined,
    ])
    expect(seen.refused).toEqual(['1.2.0 sha256', '1.1.0 sha256'])
  })

  it('goes back to a loaded version while another is still loading', async () => {
    const topic = publish(publish(new FakeTopic(), v(0)), v(1))
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const { follower, seen, live } = follow(topic, ({ version }) =>
      version === '1.9.0' ? held : Promise.resolve(),
    )
    await follower.caughtUp
    topic.append(versionEntry(v(2)), championEntry(v(2)))
    await until('version 2', () => live() === '1.2.0')
    topic.append(versionEntry(v(9)), aliased(v(9), 'shadow', 0))
    await until('the load that hangs', () => seen.attempts.includes('1.9.0'))
    const asked = performance.now()
    topic.append(championEntry(v(1)))
    await until('version 1', () => live() === '1.1.0')
    expect(performance.now() - asked).toBeLessThan(1_000)
    release()
  })

  it('refuses a version whose thread dies again and again, and goes back', async () => {
    const topic = publish(publish(new FakeTopic(), v(0)), v(1))
    const { follower, seen, models, live } = follow(topic)
    await follower.caughtUp
    for (let lives = 1; lives <= 5; lives += 1) {
      await until('another life', () => models.length === lives && live() === '1.1.0')
      models.at(-1)?.die(new Error('abort'))
    }
    await until('version 0', () => live() === '1.0.0')
    await until('the refusal', () => seen.refused.length === 1)
    expect(seen.refused).toEqual(['1.1.0 thread'])
  })
})
