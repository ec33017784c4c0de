/** A past that knows nothing, or what a test puts into it. */
import type { PastDesk } from '../../serving/http/dependencies.ts'
import { CandlewireError } from '../../streams/errors.ts'

export const testPast = (known: Partial<PastDesk> = {}): PastDesk => ({
  vectors: {
    asOf: () => Promise.resolve(undefined),
    join: (rows) => Promise.resolve(rows.map(() => undefined)),
  },
  versions: { liveAt: () => Promise.resolve(undefined) },
  predictions: { page: () => Promise.resolve([]) },
  models: {
    use: ({ version }) =>
      Promise.reject(new CandlewireError('MODEL_GONE', `${version} cannot be loaded any more`)),
  },
  ...known,
})
