/** `npm run sim -- --seed N --runs M`: the seed of each run is printed first; one that fails ends it with 1. */
import { parseArgs } from 'node:util'
import { check } from './checkers.ts'
import { simulate } from './simulation.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, runs: { type: 'string', default: '100' } },
})
const [first, runs] = [Number(values.seed), Number(values.runs)]
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(runs) || runs < 1) {
  console.error('Usage: npm run sim -- --seed N --runs M, whole numbers, M at least 1')
  process.exit(2)
}
const totals = new Map<string, number>()
let [turns, takeovers, fenced] = [0, 0, 0]
for (let seed = first; seed < first + runs; seed += 1) {
  process.stdout.write(`seed ${seed} `)
  const result = await simulate(seed)
  check(result)
  turns += result.turns
  takeovers += result.takeovers
  fenced += result.fenced
  for (const [point, count] of result.crashes) totals.set(point, (totals.get(point) ?? 0) + count)
  const crashes = [...result.crashes.values()].reduce((sum, count) => sum + count, 0)
  console.log(
    `${result.turns} requests, ${crashes} crashes, ${result.takeovers} takeovers, ${result.fenced} fenced: as undisturbed`,
  )
}
console.log(`${runs} runs, ${turns} requests, ${takeovers} takeovers, ${fenced} fenced commits`)
for (const [point, count] of [...totals].sort()) console.log(`  crashed ${point}: ${count}`)
