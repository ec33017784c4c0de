/** The folders of runs under `runs` in the data directory: what each was made of and came to. */
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { TrainingRun } from '../../schemas/generated.ts'
import type { QualityReport } from '../quality/quality-report.ts'
import type { TrainingResult } from '../train.ts'

const FOLDER = 'runs'
const PARTIAL = '.partial'

/** A run's id comes from outside: nothing of it may lead out of the folder. */
const folderNameOf = (runId: string): string =>
  runId
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 150)

/** Text or bytes of a file by its path in the folder of its run. */
export type RunFiles = Readonly<Record<string, string | Uint8Array>>

/**
 * Writes the folder of a run whole or not at all, then removes the oldest beyond `kept`.
 * @returns its path below the data directory
 */
export async function keepRun(
  config: { readonly dataDir: string; readonly trainingRunsKept: number },
  runId: string,
  files: RunFiles,
): Promise<string> {
  const parent = join(config.dataDir, FOLDER)
  const name = folderNameOf(runId)
  const partial = join(parent, name + PARTIAL)
  await rm(partial, { recursive: true, force: true })
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(partial, file)), { recursive: true })
    await writeFile(join(partial, file), content)
  }
  await rm(join(parent, name), { recursive: true, force: true })
  await rename(partial, join(parent, name))
  await removeOldest(parent, config.trainingRunsKept)
  return join(FOLDER, name)
}

/** @param report the HTML page */
export function filesOf(run: TrainingRun, result: TrainingResult, report: string): RunFiles {
  const { outcome, models } = result
  const files: Record<string, string | Uint8Array> = {
    'run.json': json(run),
    'metrics.json': json(
      result.candidates.map(({ algorithm, version, metrics, gate }) => ({
        ...{ algorithm, version, metrics, gate },
      })),
    ),
    'parameters.json': json(
      Object.fromEntries(
        result.candidates.map(({ algorithm, parameters }) => [algorithm, parameters]),
      ),
    ),
    'timings.json': json({
      ...{ seconds: result.seconds, cpuSeconds: outcome.cpuSeconds },
      ...{ peakRssBytes: outcome.peakRssBytes, phases: outcome.timings },
    }),
    'manifest.json': json(outcome.manifest),
    'quality.json': json(outcome.quality),
    'trials.json': json(outcome.trials),
    'report.html': report,
  }
  for (const { version, onnx, profile } of models) {
    files[`models/${version.algorithm}.onnx`] = onnx
    if (profile !== null) files[`models/${version.algorithm}.profile`] = profile
  }
  return files
}

/** Of a run without a model. @param quality null where it was not the checks that stopped it */
export const filesOfStopped = (
  run: TrainingRun,
  quality: QualityReport | null,
  report: string,
): RunFiles => ({
  'run.json': json(run),
  ...(quality === null ? {} : { 'quality.json': json(quality) }),
  'report.html': report,
})

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

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
