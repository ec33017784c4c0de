/**
 * Which addresses a source on the web may have: those of the public internet.
 *
 * A feed may redirect to, or its name may suddenly resolve to, an address of the reader's own network
 * (server-side request forgery, DNS rebinding). Only global unicast passes; what is reserved for
 * anything else by the IANA registries does not.
 */
import ipaddr from 'ipaddr.js'

/** The only part of IPv6 that is handed out (RFC 4291, IANA IPv6 address space). */
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR('2000::/3')
/** IPv4 as an IPv6-only network reaches it (RFC 6052). */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

/** @param address IPv4 or IPv6 in any notation; what is neither is not public */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  // An IPv4 address inside an IPv6 one (::ffff:10.0.0.1) counts as what it is.
  const parsed = ipaddr.process(address)
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.range() === 'unicast'
  if (parsed.match(NAT64)) return isPublicAddress(parsed.toByteArray().slice(-4).join('.'))
  return parsed.match(GLOBAL_V6) && parsed.range() === 'unicast'
}
