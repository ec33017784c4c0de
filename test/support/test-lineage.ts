/** A lineage desk that knows nothing. */
import type { LineageDesk } from '../../serving/lineage/lineage-desk.ts'
import { CandlewireError } from '../../streams/errors.ts'

export const testLineage = (known: Readonly<Record<string, object>> = {}): LineageDesk => ({
  of: (id) => {
    const found = known[id]
    return found === undefined
      ? Promise.reject(new CandlewireError('NOT_FOUND', `There is no prediction ${id}`))
      : Promise.resolve(found)
  },
})
