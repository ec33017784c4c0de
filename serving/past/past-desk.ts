/** Everything that answers about past times, put together. */
import type { PastDesk } from '../http/dependencies.ts'
import { StoreDesk, type Questions } from './ask-store.ts'
import { StoredVersions } from './live-version.ts'
import type { PastModels } from './past-models.ts'
import { StoredPredictions } from './prediction-archive.ts'
import { StoredVectors } from './vector-archive.ts'

export function pastDesk(clickhouse: Questions, models: PastModels): PastDesk {
  const store = new StoreDesk(clickhouse)
  return {
    vectors: new StoredVectors(store),
    versions: new StoredVersions(store),
    predictions: new StoredPredictions(store),
    models,
  }
}
