/**
 * Stops a timer of kafkajs that fires every millisecond on every connection for as long as it is open.
 *
 * Its request queue looks again for requests that wait, be there any or none, and each look plans the
 * next (kafkajs 2.2.4, `network/requestQueue`). A server that follows forty partitions spent more of an
 * idle second on these looks than on fetching. A look is planned where a request begins to wait and
 * wherever one ends, so none is needed while nothing waits.
 */
import { createRequire } from 'node:module'

export interface RequestQueue {
  readonly pending: readonly unknown[]
  scheduleCheckPendingRequests(): void
}

const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
  prototype: RequestQueue
}
// eslint-disable-next-line @typescript-eslint/unbound-method -- called with the queue below
const schedule = prototype.scheduleCheckPendingRequests

prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.pending.length > 0) schedule.call(this)
}
