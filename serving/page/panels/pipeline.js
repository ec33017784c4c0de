/** The flow of records with rates, how far every consumer is behind, digests, and the health of all parts. */
import { byId, element, row, show, state, table } from '../dom.js'
import { count, digest, second } from '../format.js'

const CHAINED = ['candles', 'features', 'predictions']

export function showFlow(counters) {
  const target = byId('flow')
  const tiles = counters.map(({ name, records, exact, perSecond }) => {
    const tile = element('li')
    if (CHAINED.includes(name)) tile.dataset.flows = ''
    const number = element('b', `${exact ? '' : '≈ '}${count(records)}`)
    if (!exact) number.title = 'Counted from offsets, which include commit markers'
    const rate = perSecond >= 10 ? count(perSecond) : perSecond.toFixed(perSecond === 0 ? 0 : 2)
    tile.append(element('span', name), number, element('span', `${rate} / s`))
    return tile
  })
  show(target, ...tiles)
}

/** @returns how many parts do not work */
export function showGroups({
  groups,
  groupsFailure,
  components,
  askedAtMs,
  uptimeSeconds,
  version,
}) {
  const isOld = groupsFailure !== null
  const rows = groups.map((group) => {
    const health = element('td')
    health.append(isOld ? state('none', 'not known now') : state(...stateOf(group)))
    return row(group.name, group.topic, count(group.members), count(group.lag), health)
  })
  show(
    byId('groups'),
    ...(isOld ? [element('p', `✗ The broker does not tell: ${groupsFailure}`, 'verdict bad')] : []),
    table(['consumer', 'reads', 'members', 'offsets behind', 'state'], rows, 'Consumers'),
  )
  const asked = askedAtMs === null ? 'Not asked yet.' : `Asked at ${second(askedAtMs)} UTC.`
  byId('groups-note').textContent =
    `${asked} Offsets count transaction markers too: one a partition stays when all is done.`
  const parts = [
    ...components.map(({ name, ok, detail }) => [
      name,
      ok ? 'good' : 'bad',
      ok ? detail : `away: ${detail}`,
    ]),
    ...groups
      .filter(({ members }) => members !== null)
      .map((group) => [group.name, ...(isOld ? ['none', 'not known now'] : stateOf(group))]),
  ]
  showParts(parts)
  const bad = parts.filter(([, kind]) => kind === 'bad').map(([name]) => name)
  const summary =
    bad.length === 0 ? `All ${parts.length} parts work` : `Not working: ${bad.join(', ')}`
  summarise(bad.length === 0, `${summary}. Server ${version}, up ${uptime(uptimeSeconds)}.`)
  return bad.length
}

/** The server itself does not tell: nothing is known of the parts behind it. */
export function showAway(why) {
  showParts([['server', 'bad', why]])
  summarise(false, `${why} What stands here is what it said last.`)
}

const showParts = (parts) =>
  show(
    byId('health'),
    ...parts.map(([name, kind, text]) => {
      const item = element('li')
      item.append(element('b', name), state(kind, text))
      return item
    }),
  )

function summarise(isGood, text) {
  byId('health-summary').textContent = `${isGood ? '✓' : '✗'} ${text}`
  byId('health-summary').dataset.state = isGood ? 'good' : 'bad'
}

const uptime = (seconds) =>
  seconds < 3_600 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`

function stateOf({ members, lag, pending }) {
  if (members === null) return ['none', 'never ran here']
  if (members === 0)
    return pending ? ['bad', 'nobody works, records wait'] : ['none', 'nobody works, nothing waits']
  return pending ? ['busy', `works, ${count(lag)} behind`] : ['good', 'works, nothing waits']
}

/** Digests of what answers: by them two machines can be compared. */
export function showDigests(version) {
  const target = byId('digests')
  if (version === undefined)
    return show(target, element('dd', 'They come with the first model.', 'soft'))
  const entries = [
    ['model', version.artifactSha256],
    ['training data', version.datasetDigest],
    ['feature set', version.featureSetFingerprint],
  ]
  show(
    target,
    ...entries.flatMap(([name, hex]) => {
      const value = Object.assign(element('dd', digest(hex), 'digest'), { title: hex })
      return [element('dt', name), value]
    }),
    element('dt', 'code'),
    element('dd', version.codeVersion),
  )
}
