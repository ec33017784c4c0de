/** The native libraries for tests, fetched once into the configured folder. */
import { ensureArtefact } from '../../bin/stack/artefacts.ts'
import { loadConfig } from '../../streams/config.ts'
import { createTrainers } from '../../training/models/create-trainers.ts'
import type { NativeLibraries } from '../../training/worker/worker-messages.ts'

export async function nativeLibraries(): Promise<Required<NativeLibraries>> {
  const config = loadConfig(process.env)
  return {
    lightgbm: await ensureArtefact(config, 'lightgbm'),
    xgboost: await ensureArtefact(config, 'xgboost'),
  }
}

export const nativeTrainers = async (): Promise<ReturnType<typeof createTrainers>> =>
  createTrainers(await nativeLibraries())
