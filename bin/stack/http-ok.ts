/** Whether a GET is answered with 2xx. No answer in time is no. */
const PROBE_TIMEOUT_MS = 5_000

export async function httpOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })
    await response.arrayBuffer()
    return response.ok
  } catch (thrown) {
    if (thrown instanceof Error) return false
    throw thrown
  }
}
