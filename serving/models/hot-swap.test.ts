import { pino } from 'pino'
import { setImmediate as tick, setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { give } from '../../test/support/fleet-of.ts'
import {
  COLUMNS,
  MODEL,
  publishedModel,
  type PublishedModel,
} from '../../test/support/published-model.ts'
import { VerifyingLoader } from './model-loader.ts'
import { ModelFleet } from './model-fleet.ts'
import { answeringModel } from './answering-model.ts'
import type { LoadedModel } from './loaded-model.ts'
import type { ScoringModel } from './scoring-model.ts'
import { startThreadedModel } from './threaded-model.ts'

const SWAPS = 50
const CALLERS = 8

const loaderOf = (models: readonly PublishedModel[]) =>
  new VerifyingLoader(
    {
      fetch: ({ sha256 }) => {
        const found = models.find(({ artifact }) => artifact.sha256 === sha256)
        return found === undefined
          ? Promise.reject(new Error('unknown'))
          : Promise.resolve(found.artifact)
      },
    },
    startThreadedModel,
    pino({ level: 'silent' }),
  )

const champion = (fleet: ModelFleet): LoadedModel =>
  answeringModel(fleet, { modelName: MODEL, key: '' }).loaded

describe('hot swap with real sessions in real threads', () => {
  const fleets: ModelFleet[] = []
  afterEach(async () => {
    for (const fleet of fleets.splice(0)) await fleet.clear()
  })

  it(`answers every call from one version while ${SWAPS} models replace each other`, async () => {
    const models = Array.from({ length: SWAPS + 1 }, (_, n) => publishedModel(n))
    const loader = loaderOf(models)
    const fleet = new ModelFleet(() => undefined, 1)
    fleets.push(fleet)
    give(fleet, [{ model: await loader.load(models[0]?.version ?? expect.fail()) }])
    let answered = 0
    let done = false
    const seen = new Set<string>()

    const caller = async (seed: number): Promise<void> => {
      for (let turn = 0; !done; turn += 1) {
        const rows = 1 + ((turn + seed) % 5)
        const input = Array.from({ length: rows }, (_, row) => [turn % 100, row, seed])
        await champion(fleet).use(async (model) => {
          const answers = await model.score(Float32Array.from(input.flat()), rows)
          const { expected } = models[Number(model.version.version.split('.')[1])] ?? expect.fail()
          expect([...answers]).toEqual(input.map(expected))
          seen.add(model.version.version)
        })
        answered += 1
        // Leaves the cores to the threads that start.
        await delay(2)
      }
    }
    const callers = Array.from({ length: CALLERS }, (_, seed) => caller(seed))
    let next = loader.load(models[1]?.version ?? expect.fail())
    for (const following of [...models.slice(2), undefined]) {
      const model = await next
      if (following !== undefined) next = loader.load(following.version)
      give(fleet, [{ model }])
      await fleet.makeRoom()
      // A swap may be over before anybody has asked.
      while (!seen.has(model.version.version)) await delay(1)
    }
    done = true
    await Promise.all(callers)

    expect(seen.size).toBe(SWAPS + 1)
    expect(answered).toBeGreaterThan(SWAPS)
    expect(champion(fleet).version.version).toBe(`1.${SWAPS}.0`)
  })

  it('ends calls on the model they began on, however late the swap closes it', async () => {
    const [first, second] = [publishedModel(1), publishedModel(2)]
    const loader = loaderOf([first, second])
    const fleet = new ModelFleet(() => undefined, 1)
    fleets.push(fleet)
    give(fleet, [{ model: await loader.load(first.version) }])
    const next = await loader.load(second.version)
    let closed: Promise<void> = Promise.resolve()
    const answer = await champion(fleet).use(async (model) => {
      give(fleet, [{ model: next }])
      closed = fleet.makeRoom()
      expect(champion(fleet).model).toBe(next)
      await tick()
      return model.score(new Float32Array(COLUMNS.length), 1)
    })
    await closed
    expect([...answer]).toEqual([first.expected([0, 0, 0])])
  })

  it('tells its owner when the thread of the live model dies', async () => {
    const { version } = publishedModel(3)
    const model = await loaderOf([{ ...publishedModel(3), version }]).load(version)
    const deaths: string[] = []
    const fleet = new ModelFleet(
      (dead, cause) => deaths.push(`${dead.version.version} ${cause.message}`),
      1,
    )
    fleets.push(fleet)
    give(fleet, [{ model }])
    await killThread(model)
    await model.died
    await tick()
    expect(fleet.isRecovering(MODEL)).toBe(true)
    expect(deaths).toEqual([expect.stringContaining('1.3.0')])
    expect(() => champion(fleet)).toThrow(expect.objectContaining({ code: 'NO_MODEL' }) as Error)
    await expect(model.score(new Float32Array(3), 1)).rejects.toMatchObject({
      code: 'MODEL_FAILED',
    })
  })
})

/** What an abort inside the runtime looks like from outside. */
async function killThread(model: ScoringModel): Promise<void> {
  await (model as unknown as { worker: { terminate(): Promise<number> } }).worker.terminate()
}
