/** Asks a source for its next batch while the last one is worked on; holds one batch ahead. */
export async function* readAhead<Batch>(source: AsyncIterable<Batch>): AsyncGenerator<Batch> {
  const iterator = source[Symbol.asyncIterator]()
  let next = iterator.next()
  try {
    for (;;) {
      const step = await next
      if (step.done === true) return
      next = iterator.next()
      // Its failure is thrown when it is waited for; until then it must not count as unhandled.
      next.catch(() => undefined)
      yield step.value
    }
  } finally {
    await iterator.return?.()
  }
}
