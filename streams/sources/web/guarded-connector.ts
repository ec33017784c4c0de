/**
 * Connections to public addresses only. The address is checked where it is used: between a check of
 * the name and a connection by name the answer of the name server can change.
 */
import { lookup as systemLookup, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { CandlewireError } from '../../errors.ts'
import { isPublicAddress } from './public-address.ts'

const CONNECT_MS = 10_000

export type Resolve = (
  hostname: string,
  done: (failure: Error | null, addresses: readonly LookupAddress[]) => void,
) => void

const resolveBySystem: Resolve = (hostname, done) =>
  systemLookup(hostname, { all: true }, (failure, addresses) => done(failure, addresses ?? []))

/** @param privateHosts `host:port` of what may be reached at any address, for tests and intranets */
export function guardedConnector(
  privateHosts: ReadonlySet<string>,
  resolve: Resolve = resolveBySystem,
): buildConnector.connector {
  const guarded = buildConnector({ timeout: CONNECT_MS, lookup: guardedLookup(resolve) })
  const open = buildConnector({ timeout: CONNECT_MS })
  return (options, callback) => {
    const { hostname, protocol } = options
    const port = options.port === '' ? (protocol === 'https:' ? '443' : '80') : options.port
    if (privateHosts.has(`${hostname}:${port}`)) return open(options, callback)
    // No name, so nothing is looked up.
    if (isIP(hostname) !== 0 && !isPublicAddress(hostname))
      return callback(refusal(hostname, hostname), null)
    guarded(options, callback)
  }
}

const guardedLookup =
  (resolve: Resolve): LookupFunction =>
  (hostname, options, done) => {
    resolve(hostname, (failure, addresses) => {
      const first = addresses[0]
      if (failure !== null) return done(failure, '')
      if (first === undefined) return done(new Error(`${hostname} has no address`), '')
      const isWrong = addresses.find(({ address }) => !isPublicAddress(address))
      if (isWrong !== undefined) return done(refusal(hostname, isWrong.address), '')
      if (options.all === true) return done(null, [...addresses])
      done(null, first.address, first.family)
    })
  }

const refusal = (hostname: string, address: string): CandlewireError =>
  new CandlewireError(
    'NEWS_SOURCE_REFUSED',
    `${hostname} is at ${address}, which is no public address; NEWS_PRIVATE_HOSTS may allow it`,
  )
