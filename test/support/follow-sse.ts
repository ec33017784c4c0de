/** Follows a stream of server-sent events, every event parsed. */
import { expect } from 'vitest'

export async function followSse(
  url: string,
): Promise<{ events: Record<string, unknown>[]; close: () => Promise<void> }> {
  const abort = new AbortController()
  const response = await fetch(url, { signal: abort.signal })
  const events: Record<string, unknown>[] = []
  const body = response.body ?? expect.fail('no body')
  const reading = (async () => {
    const decoder = new TextDecoder()
    let rest = ''
    try {
      for await (const chunk of body) {
        const blocks = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n')
        rest = blocks.pop() ?? ''
        for (const block of blocks) {
          const data = block.split('\n').find((line) => line.startsWith('data: '))
          if (data !== undefined) events.push(JSON.parse(data.slice(6)) as Record<string, unknown>)
        }
      }
    } catch (thrown) {
      if (!abort.signal.aborted) throw thrown
    }
  })()
  return {
    events,
    close: async () => {
      abort.abort()
      await reading
    },
  }
}
