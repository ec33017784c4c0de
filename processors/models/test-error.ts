/** What a model promised: its error on the test split of its own training. */
import type { ModelVersion } from '../../schemas/generated.ts'

/** @returns RMSE in percent return of a regression, Brier score of a classification; null if not measured. */
export function testErrorOf(model: Pick<ModelVersion, 'objective' | 'metrics'>): number | null {
  const test = model.metrics.find(({ split }) => split === 'test')
  if (test === undefined) return null
  return model.objective === 'classification' ? test.brier : test.rmse
}
