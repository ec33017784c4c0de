/** The service processes of a run: each on its own, so that one can be killed without the others. */
import type { Config } from '../../streams/config.ts'
import type { ProcessSpec } from '../stack/managed-process.ts'
import { nodeProgram } from '../stack/node-program.ts'

/** Name of the prediction server among the processes on record. */
export const SERVER = 'server'
const STOP_MS = 25_000
/**
 * glibc gives threads arenas of their own and keeps what is left in them. Every version of a model has a
 * thread: over 1,000 swaps the server grew by 52 MB outside its heap, with two arenas by 2.
 */
const FEW_ARENAS = { MALLOC_ARENA_MAX: '2' }

/**
 * @param config its instrument is the one that the server means where a request names none
 * @param banner line shown over the page @param program from source or built
 */
export function serviceSpecs(
  config: Config,
  banner: string | undefined,
  program: typeof nodeProgram = nodeProgram,
): ProcessSpec[] {
  const service = (
    name: string,
    args: readonly string[],
    more: Partial<ProcessSpec> = {},
  ): ProcessSpec => ({
    name,
    stage: 'service',
    ...program('bin/cli', args),
    stopTimeoutMs: STOP_MS,
    ...more,
  })
  return [
    service('sinks', ['run', 'sinks']),
    service('labels', ['run', 'labels']),
    service('outcomes', ['run', 'outcomes']),
    service('alerts', ['run', 'alerting']),
    service('features', ['run', 'features']),
    service('drift', ['run', 'drift']),
    service('skew', ['run', 'skew']),
    service('scheduler', ['run', 'scheduler']),
    service('sentiment', ['run', 'sentiment']),
    ...(config.newsFeedsFile === '' ? [] : [service('news-sources', ['run', 'news-sources'])]),
    service(SERVER, ['serve', ...(banner === undefined ? [] : ['--banner', banner])], {
      port: config.httpPort,
      environment: { INSTRUMENT: config.instrument, ...FEW_ARENAS },
    }),
  ]
}
