/** One trainer per algorithm. A library is loaded when the first fit needs it. */
import { CandlewireError } from '../../streams/errors.ts'
import { LightgbmLibrary } from '../lightgbm/lightgbm-library.ts'
import { LightgbmTrainer } from '../lightgbm/lightgbm-trainer.ts'
import { RidgeTrainer } from '../ridge/ridge-trainer.ts'
import { StackTrainer } from '../stack/stack-trainer.ts'
import { XgboostLibrary } from '../xgboost/xgboost-library.ts'
import { XgboostTrainer } from '../xgboost/xgboost-trainer.ts'
import type { NativeLibraries } from '../worker/worker-messages.ts'
import type { Algorithm, BlendableModel, FitRequest, ModelTrainer } from './model-trainer.ts'
import { TREE_SEARCH_SPACE } from './tree-search-space.ts'

export function createTrainers(
  libraries: NativeLibraries,
): Readonly<Record<Algorithm, ModelTrainer>> {
  const members = {
    lightgbm: new LazyTrainer(
      'lightgbm',
      () => new LightgbmTrainer(new LightgbmLibrary(pathOf(libraries, 'lightgbm'))),
    ),
    xgboost: new LazyTrainer(
      'xgboost',
      () => new XgboostTrainer(new XgboostLibrary(pathOf(libraries, 'xgboost'))),
    ),
    ar7_ridge: new RidgeTrainer(),
  }
  return { ...members, stack: new StackTrainer(Object.values(members)) }
}

class LazyTrainer implements ModelTrainer<BlendableModel> {
  readonly algorithm: Algorithm
  readonly searchSpace = TREE_SEARCH_SPACE
  private readonly create: () => ModelTrainer<BlendableModel>
  private trainer: ModelTrainer<BlendableModel> | undefined

  constructor(algorithm: Algorithm, create: () => ModelTrainer<BlendableModel>) {
    this.algorithm = algorithm
    this.create = create
  }

  async fit(request: FitRequest): Promise<BlendableModel> {
    this.trainer ??= this.create()
    return this.trainer.fit(request)
  }
}

function pathOf(libraries: NativeLibraries, name: keyof NativeLibraries): string {
  const path = libraries[name]
  if (path !== undefined) return path
  throw new CandlewireError('NATIVE_LIBRARY_FAILED', `No path of the library ${name} was given`)
}
