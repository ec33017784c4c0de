/** A short swarm of sentiment and drift; `npm run sim -- --of monitors` is the long one. */
import { expect, it } from 'vitest'
import {
  deadLettersTopic,
  driftSummariesTopic,
  driftTopic,
  newsDuplicatesTopic,
  sentimentTopic,
} from '../../streams/topics.ts'
import { check } from './checkers.ts'
import { MONITORS } from './monitor-scenario.ts'
import { PARTITIONS, simulate } from './simulation.ts'

const FIRST_SEED = 1
const RUNS = 10

it(`publishes what an undisturbed run does in ${RUNS} runs from seed ${FIRST_SEED} on`, async () => {
  const totals = { crashes: 0, takeovers: 0, fenced: 0 }
  const records = new Map<string, number>()
  const epochs = new Set<string>()
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed += 1) {
    const result = await simulate(seed, MONITORS)
    try {
      await check(result)
    } catch (cause) {
      const command = `npm run sim -- --of monitors --seed ${seed} --runs 1`
      throw new Error(`Seed ${seed} fails: ${command}`, { cause })
    }
    for (const count of result.crashes.values()) totals.crashes += count
    totals.takeovers += result.takeovers
    totals.fenced += result.fenced
    for (const { name } of [
      driftSummariesTopic,
      driftTopic,
      sentimentTopic,
      newsDuplicatesTopic,
      deadLettersTopic,
    ])
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        const count = result.log.read(name, partition, 0, Infinity).length
        records.set(name, (records.get(name) ?? 0) + count)
      }
    for (const { value } of result.log.read(driftSummariesTopic.name, 0, 0, Infinity))
      epochs.add(result.codecs.of(driftSummariesTopic).decode(value).profileSha256)
  }
  // A swarm that never hits anything proves nothing.
  for (const count of Object.values(totals)) expect(count).toBeGreaterThan(RUNS / 2)
  for (const count of records.values()) expect(count).toBeGreaterThan(RUNS)
  expect(epochs.size).toBeGreaterThan(2)
})
