/** An address as it may stand in a log: without user, password, and values of parameters. */
export function shownUrl(url: string | URL): string {
  if (!URL.canParse(String(url))) return '(not an address)'
  const { protocol, host, pathname, searchParams } = new URL(url)
  const names = [...new Set(searchParams.keys())].map((name) => `${encodeURIComponent(name)}=...`)
  return `${protocol}//${host}${pathname}${names.length === 0 ? '' : `?${names.join('&')}`}`
}
