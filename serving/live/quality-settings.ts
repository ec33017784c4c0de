/** The settings by which predictions are qualified. */
import type { Config } from '../../streams/config.ts'
import type { QualitySettings } from './scorer.ts'

type Settings = Pick<
  Config,
  'intervalCoverage' | 'featureAgeMaxSeconds' | 'missingInputsMax' | 'novelInputsMax'
>

export const qualitySettings = (config: Settings): QualitySettings => ({
  coverage: config.intervalCoverage,
  limits: {
    featureAgeMaxMs: config.featureAgeMaxSeconds * 1_000,
    missingMax: config.missingInputsMax,
    novelMax: config.novelInputsMax,
  },
})
