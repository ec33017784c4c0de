/** The one error of a port that somebody else has, told with the setting that changes it. */
import { CandlewireError } from '../../streams/errors.ts'

/** @returns PORT_TAKEN where that is what went wrong, else what was thrown */
export function portError(
  thrown: unknown,
  { host, httpPort }: { readonly host: string; readonly httpPort: number },
): unknown {
  if ((thrown as { code?: string }).code !== 'EADDRINUSE') return thrown
  return new CandlewireError(
    'PORT_TAKEN',
    `Something else listens on ${host}:${httpPort} (HTTP_PORT)`,
    { cause: thrown },
  )
}
