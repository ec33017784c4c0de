import { afterEach, describe, expect, it } from 'vitest'
import type { ModelVersion } from '../../schemas/generated.ts'
import { FakeTopic, follow, stopFollowers } from '../../test/support/follow-models.ts'
import {
  championEntry,
  MODEL,
  publishedModel,
  versionEntry,
} from '../../test/support/published-model.ts'
import { ServedModelControl } from './model-control.ts'
import { refusal } from './verify-model.ts'

afterEach(stopFollowers)

const v = (n: number): ModelVersion => publishedModel(n).version
const publish = (topic: FakeTopic, version: ModelVersion): FakeTopic =>
  topic.append(versionEntry(version), championEntry(version))

/** Versions 1 to 3; 3 is champion. */
async function setUp(...more: [Parameters<typeof follow>[1]?, Parameters<typeof follow>[2]?]) {
  const topic = new FakeTopic()
  for (const n of [1, 2, 3]) publish(topic, v(n))
  const followed = follow(topic, ...more)
  await followed.follower.caughtUp
  const control = new ServedModelControl(followed.follower, followed.notices)
  const unload = (version?: string, mayLeaveNone = false) =>
    control.unload({ modelName: MODEL, version, mayLeaveNone })
  return { ...followed, topic, control, unload }
}

describe('loading by hand', () => {
  it('loads a version beside the champion, once, on record, and unloads it again', async () => {
    const { control, unload, seen, live, follower } = await setUp()
    const both = [
      { version: '1.3.0', role: 'champion' },
      { version: '1.1.0', role: null },
    ]
    expect(await control.load(MODEL, '1.1.0')).toEqual(both)
    expect(await control.load(MODEL, '1.1.0')).toEqual(both)
    expect([seen.attempts, seen.loaded]).toEqual([
      ['1.3.0', '1.1.0'],
      ['1.3.0', '1.1.0'],
    ])
    expect(await unload('1.1.0')).toEqual([{ version: '1.1.0', role: null }])
    expect([seen.retired, seen.closed, live()]).toEqual([['1.1.0'], ['1.1.0'], '1.3.0'])
    expect(follower.fleet.size).toBe(1)
  })

  it('keeps what was loaded by hand through swaps', async () => {
    const { control, topic, live, follower } = await setUp()
    await control.load(MODEL, '1.1.0')
    publish(topic, v(4))
    await expect.poll(live).toBe('1.4.0')
    const kept = follower.fleet.versionsOf(MODEL).map(({ version }) => version.version)
    expect(kept).toContain('1.1.0')
  })

  it('refuses what is unknown, what fails verification and what has no room', async () => {
    const { control, seen } = await setUp(
      (version) =>
        version.version === '1.1.0' ? Promise.reject(refusal('sha256', 'no')) : Promise.resolve(),
      { versionsMax: 1 },
    )
    await expect(control.load('moon')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(control.load(MODEL, '9.0.0')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('1.3.0, 1.2.0, 1.1.0') as string,
    })
    await expect(control.load(MODEL, '1.2.0')).rejects.toMatchObject({ code: 'OVERLOADED' })
    const roomy = await setUp((version) =>
      version.version === '1.1.0' ? Promise.reject(refusal('sha256', 'no')) : Promise.resolve(),
    )
    await expect(roomy.control.load(MODEL, '1.1.0')).rejects.toMatchObject({
      code: 'MODEL_REFUSED',
    })
    expect(roomy.seen.refused).toEqual(['1.1.0 sha256'])
    expect(seen.attempts).toEqual(['1.3.0'])
  })
})

describe('unloading by hand', () => {
  it('takes the last answer away only if that is said, and gives it back', async () => {
    const { control, unload, seen, live, topic } = await setUp()
    await expect(unload()).rejects.toMatchObject({ code: 'LAST_MODEL' })
    await expect(unload('1.3.0')).rejects.toMatchObject({ code: 'TRANSITION_REFUSED' })
    expect(live()).toBe('1.3.0')
    expect(await unload(undefined, true)).toEqual([{ version: '1.3.0', role: 'champion' }])
    expect([live(), seen.closed, seen.retired]).toEqual([undefined, ['1.3.0'], ['1.3.0']])
    await expect(unload(undefined, true)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    // What the registry says meanwhile does not bring it back; a load does.
    publish(topic, v(4))
    const served = await control.load(MODEL)
    expect(served.map(({ role }) => role)).toEqual(['champion'])
    await expect.poll(live).toBe('1.4.0')
  })

  it('unloads a standby, and with the model everything of it', async () => {
    const { control, unload, topic, live, follower } = await setUp()
    publish(topic, v(4))
    await expect.poll(live).toBe('1.4.0')
    expect(await unload('1.3.0')).toEqual([{ version: '1.3.0', role: null }])
    await control.load(MODEL, '1.1.0')
    expect((await unload(undefined, true)).length).toBe(2)
    expect(follower.fleet.size).toBe(0)
  })
})
