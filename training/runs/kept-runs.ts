/** The folders of runs under `runs` in the data directory: what each was made of and came to. */
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TrainingRun } from '../../schemas/generated.ts'
import type { TrainingResult } from '../train.ts'

const FOLDER = 'runs'
const PARTIAL = '.partial'

/** A run's id comes from outside: nothing of it may lead out of the folder. */
export const folderNameOf = (runId: string): string =>
  runId
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 150)

/**
 * Writes the folder of a run whole or not at all, then removes the oldest beyond `kept`.
 * @param report the HTML page; undefined where there is none
 * @returns its path below the data directory
 */
export async function keepRun(
  config: { readonly dataDir: string; readonly trainingRunsKept: number },
  run: TrainingRun,
  result: TrainingResult,
  report: string | undefined,
): Promise<string> {
  const parent = join(config.dataDir, FOLDER)
  const name = folderNameOf(run.runId)
  const partial = join(parent, name + PARTIAL)
  await rm(partial, { recursive: true, force: true })
  await mkdir(join(partial, 'models'), { recursive: true })
  const { outcome, models } = result
  const files: Record<string, unknown> = {
    'run.json': run,
    'metrics.json': result.candidates.map(({ algorithm, version, metrics, gate }) => ({
      ...{ algorithm, version, metrics, gate },
    })),
    'parameters.json': Object.fromEntries(
      result.candidates.map(({ algorithm, parameters }) => [algorithm, parameters]),
    ),
    'timings.json': {
      ...{ seconds: result.seconds, cpuSeconds: outcome.cpuSeconds },
      ...{ peakRssBytes: outcome.peakRssBytes, phases: outcome.timings },
    },
    'manifest.json': outcome.manifest,
    'quality.json': outcome.quality,
    'trials.json': outcome.trials,
  }
  for (const [file, value] of Object.entries(files))
    await writeFile(join(partial, file), `${JSON.stringify(value, null, 2)}\n`)
  if (report !== undefined) await writeFile(join(partial, 'report.html'), report)
  for (const { version, onnx, profile } of models) {
    await writeFile(join(partial, 'models', `${version.algorithm}.onnx`), onnx)
    if (profile !== null)
      await writeFile(join(partial, 'models', `${version.algorithm}.profile`), profile)
  }
  await rm(join(parent, name), { recursive: true, force: true })
  await rename(partial, join(parent, name))
  await removeOldest(parent, config.trainingRunsKept)
  return join(FOLDER, name)
}

async function removeOldest(parent: string, kept: number): Promise<void> {
  const folders = await Promise.all(
    (await readdir(parent))
      .filter((name) => !name.endsWith(PARTIAL))
      .map(async (name) => ({ name, at: (await stat(join(parent, name))).mtimeMs })),
  )
  folders.sort((a, b) => b.at - a.at || (a.name < b.name ? -1 : 1))
  for (const { name } of folders.slice(kept))
    await rm(join(parent, name), { recursive: true, force: true })
}
