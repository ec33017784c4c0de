/** What the pipeline has proved about itself, when each was last shown, and how far a replay has come. */
import { byId, element, paragraph, show, state } from '../dom.js'
import { ago, count, digest, moment, percent } from '../format.js'

const TITLES = {
  replay: 'Replay is byte for byte equal',
  skew: 'Skew of served vectors is 0',
  lookahead: 'Look-ahead is 0',
  duplicates: 'Duplicates are 0',
}
/** Who shows it, and when: the skew service runs with `npm start` and `candlewire run all`. */
const WHEN = {
  replay: 'Shown whenever somebody runs `candlewire replay --verify`.',
  skew: 'The skew service shows it a minute or two after the first vectors are stored, then every minute.',
  lookahead:
    'The skew service shows it some minutes after 1,500 candles of an instrument are stored, then daily.',
  duplicates:
    'The skew service shows it a minute or two after the first vectors are stored, then again and again.',
}
const KINDS = { passed: 'good', failed: 'bad', running: 'busy', never: 'none' }
const SCOPES_SHOWN = 4

export function showProofs({ proofs }) {
  show(byId('proof-list'), ...proofs.map(card))
  const replay = proofs.find(({ proof }) => proof === 'replay')
  showProgress(
    replay?.scopes.find(({ state: now }) => now === 'running'),
    replay,
  )
}

function card({ proof, state: now, scopes }) {
  const item = element('li', '', 'proof')
  item.dataset.state = now
  item.append(element('h3', TITLES[proof]))
  if (now === 'never') {
    item.append(state('none', 'never shown yet'), paragraph(WHEN[proof]))
    return item
  }
  const word = { passed: 'shown', failed: 'FAILED', running: 'running' }[now]
  item.append(state(KINDS[now], word))
  item.append(...scopes.slice(0, SCOPES_SHOWN).map(scopeLine))
  if (scopes.length > SCOPES_SHOWN)
    item.append(paragraph(`and ${scopes.length - SCOPES_SHOWN} more`))
  return item
}

function scopeLine(scope) {
  const {
    compared,
    different,
    shownAt,
    digestPublished,
    digestRecomputed,
    firstDifference,
    state: now,
  } = scope
  const line = element('p', '', 'soft')
  const name = scope.scope === 'all' ? 'all' : scope.scope
  line.append(
    `${name}: ${count(different)} of ${count(compared)} differ, ${now === 'running' ? 'so far' : 'last shown'} `,
    Object.assign(element('time', ago(shownAt)), {
      dateTime: new Date(shownAt).toISOString(),
      title: `${moment(shownAt)} UTC`,
    }),
  )
  if (digestPublished !== null) {
    const equal = digestPublished === digestRecomputed
    const text = `${digest(digestPublished)} ${equal ? '=' : '≠'} ${digest(digestRecomputed)}`
    line.append(
      Object.assign(element('span', text, 'digest block'), {
        title: `${digestPublished}\n${digestRecomputed}`,
      }),
    )
  }
  if (firstDifference !== null)
    line.append(element('span', `First: ${firstDifference}`, 'bad block'))
  return line
}

function showProgress(running, replay) {
  const bar = byId('replay-bar')
  const text = byId('replay-text')
  bar.hidden = running === undefined
  if (running === undefined) {
    const last = replay?.scopes[0]
    text.textContent =
      last === undefined
        ? 'No replay has run yet. `candlewire replay --verify` shows its progress here.'
        : `No replay runs. The last compared ${count(last.compared)} vectors from ${moment(last.fromMs)} to ${moment(last.toMs)}.`
    return
  }
  const { compared, total } = running
  if (total === null || total === 0) bar.removeAttribute('value')
  else bar.value = compared / total
  text.textContent = `${running.scope}: ${count(compared)} of ${total === null ? 'unknown' : count(total)} vectors compared${total ? `, ${percent(compared / total)}` : ''}, ${count(running.different)} differ, at ${moment(running.toMs)}`
}
