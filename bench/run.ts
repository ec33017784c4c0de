/** `npm run bench -- NAME [--json FILE] [--repeats N] [--rows N] [--swaps N] [--built] [--python PATH]`: runs one benchmark and prints its table. */
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { Harness, type Benchmark } from './harness.ts'

const BENCHMARKS: Readonly<Record<string, () => Promise<{ benchmark: Benchmark }>>> = {
  pipeline: () => import('./pipeline.bench.ts'),
  codec: () => import('./codec.bench.ts'),
  features: () => import('./features.bench.ts'),
  instruments: () => import('./instruments.bench.ts'),
  training: () => import('./training.bench.ts'),
  sentiment: () => import('./sentiment.bench.ts'),
  replay: () => import('./replay.bench.ts'),
  drift: () => import('./drift.bench.ts'),
  swaps: () => import('./swaps.bench.ts'),
  serving: () => import('./serving.bench.ts'),
  'training-load': () => import('./training-load.bench.ts'),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    repeats: { type: 'string', default: '3' },
    rows: { type: 'string', default: '100000' },
    swaps: { type: 'string', default: '1000' },
    built: { type: 'boolean', default: false },
    python: { type: 'string' },
  },
})
const load = BENCHMARKS[positionals[0] ?? '']
if (load === undefined) {
  console.error(
    `Usage: npm run bench -- NAME [--json FILE] [--repeats N] [--rows N] [--swaps N] [--built] [--python PATH]\nNames: ${Object.keys(BENCHMARKS).join(', ')}`,
  )
  process.exit(2)
}
const { benchmark } = await load()
const harness = new Harness({
  repeats: Number(values.repeats),
  rows: Number(values.rows),
  swaps: Number(values.swaps),
  isBuilt: values.built,
  python: values.python,
  show: (line) => console.log(line),
})
console.log(`${benchmark.name}: ${benchmark.about}`)
console.log(
  `machine: ${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`,
)
console.log(
  `${''.padEnd(34)} ${['min', 'median', 'max'].map((head) => head.padStart(12)).join('')}`,
)
await benchmark.run(harness)
if (values.json !== undefined)
  writeFileSync(values.json, JSON.stringify(harness.measures, null, 2) + '\n')
process.exit(0)
