/** The native libraries for tests, fetched once into the configured folder. */
import { ensureArtefact } from '../../bin/stack/artefacts.ts'
import { loadConfig } from '../../streams/config.ts'
import { LightgbmLibrary } from '../../training/lightgbm/lightgbm-library.ts'
import { LightgbmTrainer } from '../../training/lightgbm/lightgbm-trainer.ts'
import { XgboostLibrary } from '../../training/xgboost/xgboost-library.ts'
import { XgboostTrainer } from '../../training/xgboost/xgboost-trainer.ts'

export async function nativeTrainers(): Promise<{
  readonly lightgbm: LightgbmTrainer
  readonly xgboost: XgboostTrainer
}> {
  const config = loadConfig(process.env)
  return {
    lightgbm: new LightgbmTrainer(new LightgbmLibrary(await ensureArtefact(config, 'lightgbm'))),
    xgboost: new XgboostTrainer(new XgboostLibrary(await ensureArtefact(config, 'xgboost'))),
  }
}
