/**
 * `npm run sim -- --seed N --runs M [--of processors|monitors|sinks]`: the seed of each run is printed first; one
 * that fails ends it with 1.
 */
import { parseArgs } from 'node:util'
import { check } from './checkers.ts'
import { MONITORS } from './monitor-scenario.ts'
import type { MakeScenario } from './scenario.ts'
import { MARKET } from './simulated-processors.ts'
import { simulate } from './simulation.ts'
import { checkSinks } from './sink-checkers.ts'
import { simulateSinks } from './sink-simulation.ts'

type Counts = ReadonlyMap<string, number>

async function simulated(seed: number, scenario: MakeScenario): Promise<Counts> {
  const result = await simulate(seed, scenario)
  await check(result)
  const { turns, takeovers, fenced, redelivered, clockJumps, crashes } = result
  const counts = { requests: turns, takeovers, fenced, redelivered, 'clock jumps': clockJumps }
  return new Map([...Object.entries(counts), ...named('crashed', crashes)])
}

/** One run of each, checked. */
const SIMULATIONS: Readonly<Record<string, (seed: number) => Promise<Counts>>> = {
  processors: (seed) => simulated(seed, MARKET),
  monitors: (seed) => simulated(seed, MONITORS),
  sinks: async (seed) => {
    const result = await simulateSinks(seed)
    checkSinks(result)
    const { turns, deaths, stalls, emptied, clockJumps, happened } = result
    const counts = { requests: turns, deaths, stalls, emptied, 'clock jumps': clockJumps }
    return new Map([...Object.entries(counts), ...named('store', happened)])
  },
}

const named = (what: string, counts: Counts): [string, number][] =>
  [...counts].map(([name, count]) => [`${what} ${name}`, count])

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '100' },
    of: { type: 'string' },
  },
})
const [first, runs] = [Number(values.seed), Number(values.runs)]
const chosen = values.of === undefined ? Object.keys(SIMULATIONS) : [values.of]
const isKnown = chosen.every((name) => name in SIMULATIONS)
if (!isKnown || !Number.isSafeInteger(first) || !Number.isSafeInteger(runs) || runs < 1) {
  const names = Object.keys(SIMULATIONS).join('|')
  console.error(
    `Usage: npm run sim -- --seed N --runs M [--of ${names}], whole numbers, M at least 1`,
  )
  process.exit(2)
}
const totals = new Map<string, number>()
for (let seed = first; seed < first + runs; seed += 1) {
  process.stdout.write(`seed ${seed}`)
  for (const name of chosen) {
    const counts = await SIMULATIONS[name]!(seed)
    process.stdout.write(`  ${name} as undisturbed (${counts.get('requests')} requests)`)
    for (const [what, count] of counts) {
      const total = `${name}: ${what}`
      totals.set(total, (totals.get(total) ?? 0) + count)
    }
  }
  process.stdout.write('\n')
}
for (const [what, count] of [...totals].sort()) console.log(`${what} ${count}`)
// Clients of processes that died hold timers that nobody will end.
process.exit(0)
