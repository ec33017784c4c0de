/**
 * `node --import tsx bench/serving/http-load.ts JOB`: a load generator in a process of its own. Prints
 * what it saw as JSON. Latencies are kept as they are, since the generator's own histogram knows whole
 * milliseconds only.
 */
import autocannon from 'autocannon'

export interface HttpLoadJob {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  /** Unset: GET. */
  readonly body?: object
}

export interface HttpLoad {
  readonly rps: number
  /** ms */
  readonly p50: number
  readonly p99: number
  readonly requests: number
  /** Connections that broke, time-outs, and statuses other than 2xx. */
  readonly failed: number
  readonly firstFailure: string | null
}

async function load({ url, connections, seconds, body }: HttpLoadJob): Promise<HttpLoad> {
  const latencies: number[] = []
  let firstFailure: string | null = null
  const options: autocannon.Options = {
    url,
    connections,
    duration: seconds,
    timeout: 10,
    ...(body === undefined
      ? {}
      : {
          method: 'POST' as const,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
  }
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(options, (error: Error | null, ended) =>
      error === null ? resolve(ended) : reject(error),
    )
    instance.on('response', (_client, status, _bytes, ms) => {
      if (status !== 200) firstFailure ??= `status ${status}`
      latencies.push(ms)
    })
    instance.on('reqError', (error: unknown) => {
      firstFailure ??= String(error)
    })
  })
  const sorted = Float64Array.from(latencies).sort()
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
  return {
    rps: sorted.length / result.duration,
    p50: at(0.5),
    p99: at(0.99),
    requests: sorted.length,
    failed: result.errors + result.timeouts + result.non2xx,
    firstFailure,
  }
}

process.stdout.write(JSON.stringify(await load(JSON.parse(process.argv[2] ?? '{}') as HttpLoadJob)))
