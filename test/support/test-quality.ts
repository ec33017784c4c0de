/** By what the tests qualify predictions: an empty book of errors, and limits that are easy to reach. */
import { ErrorBook } from '../../serving/live/error-book.ts'
import type { QualitySettings } from '../../serving/live/scorer.ts'

export const testQuality = (): { errors: ErrorBook; quality: QualitySettings } => ({
  errors: new ErrorBook('outcomes.v1'),
  quality: {
    coverage: 0.9,
    limits: { featureAgeMaxMs: 300_000, missingMax: 0.5, novelMax: 0.4 },
  },
})
