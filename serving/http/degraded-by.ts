/** What is missing behind an answer from the newest vector of an instrument. */
import type { Dependencies, DependencyName } from '../stores/dependency-watch.ts'
import type { StoredVector } from '../stored-vector.ts'

/** Without the broker no newer vector arrives; what comes from memory was not to be had from Redis. */
export function degradedBy(
  { source }: Pick<StoredVector, 'source'>,
  dependencies: Dependencies,
): DependencyName[] {
  const away = dependencies.away(['kafka'])
  return source === 'memory' ? [...away, 'redis'] : away
}
