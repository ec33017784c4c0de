/** Entry of a process that loads one spool as the training process does, and answers what it took. */
import { readFileSync } from 'node:fs'
import { loadDataset, type SpooledDataset } from '../../training/examples/load-dataset.ts'
import { checkQuality } from '../../training/quality/check-quality.ts'

export interface LoadSample {
  readonly loadSeconds: number
  readonly checkSeconds: number
  readonly cpuSeconds: number
  readonly peakRssBytes: number
  readonly rows: number
}

const spooled = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as SpooledDataset
const startedMs = performance.now()
const loaded = await loadDataset(spooled)
const loadedMs = performance.now()
checkQuality(loaded, { newestVectorMs: null })
const checkedMs = performance.now()
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
const sample: LoadSample = {
  loadSeconds: (loadedMs - startedMs) / 1000,
  checkSeconds: (checkedMs - loadedMs) / 1000,
  cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
  peakRssBytes: maxRSS * 1024,
  rows: loaded.dataset.rows,
}
console.log(JSON.stringify(sample))
