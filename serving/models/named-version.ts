import type { ModelVersion } from '../../schemas/generated.ts'

/** What is told of a version that may not even have a record. */
export type NamedVersion = Pick<
  ModelVersion,
  'modelName' | 'version' | 'algorithm' | 'trainedUntilMs'
>
