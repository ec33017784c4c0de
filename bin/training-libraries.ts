/** The native libraries that a run needs, fetched and verified once. */
import type { Config } from '../streams/config.ts'
import type { NativeLibraries } from '../training/worker/worker-messages.ts'
import { ensureArtefact } from './stack/artefacts.ts'

/** @param algorithms empty: all */
export async function trainingLibraries(
  config: Config,
  algorithms: readonly string[],
  signal?: AbortSignal,
): Promise<NativeLibraries> {
  const options = signal === undefined ? {} : { signal }
  const isNeeded = (name: string): boolean =>
    algorithms.length === 0 || algorithms.includes(name) || algorithms.includes('stack')
  return {
    ...(isNeeded('lightgbm')
      ? { lightgbm: await ensureArtefact(config, 'lightgbm', options) }
      : {}),
    ...(isNeeded('xgboost') ? { xgboost: await ensureArtefact(config, 'xgboost', options) } : {}),
  }
}
